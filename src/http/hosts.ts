import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

type Headers = Pick<IncomingMessage, 'headers'>;

/**
 * Whether a request is addressed to one of these names. A page that rebinds its own name to this address (DNS
 * rebinding) is of the same origin for the browser, and is told by its name alone; an address is no name, and a client
 * that sends no name is no browser.
 */
export function isAllowedHost({ headers: { host } }: Headers, allowed: readonly string[] | undefined): boolean {
  if (allowed === undefined || host === undefined) return true;
  const hostname = URL.parse(`http://${host}`)?.hostname.replace(/\.$/, '') ?? '';
  return hostname === 'localhost' || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || allowed.includes(hostname);
}

/** Whether a page of another origin sent the request, as Go's `http.CrossOriginProtection` decides it. */
export function isCrossOrigin({ headers }: Headers): boolean {
  const { 'sec-fetch-site': site, origin, host } = headers;
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return origin !== undefined && URL.parse(origin)?.host !== (host ?? '');
}
