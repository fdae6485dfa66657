import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { WebConfigWatch } from '../config/web-config-watcher.ts';
import { webPaths } from '../config/web-paths.ts';
import type { Users } from '../config/web-table.ts';
import { clientNetwork } from './connections.ts';
import type { VerifyPassword } from './passwords.ts';
import { sendText } from './response.ts';

/** Returns a handler that passes on the requests that have no body and that the web configuration, if any, allows. */
export async function restrictAccess(handler: RequestListener, web?: WebConfigWatch): Promise<RequestListener> {
  if (!web) return rejectBodies(handler);
  // Imported only here: bcrypt is slow to load, and its binary does not exist for every platform.
  const { createPasswordVerifier } = await import('./passwords.ts');
  return rejectBodies(requireAuth(handler, web, createPasswordVerifier));
}

/** Rejects requests with a body, as no path accepts one. The connection is closed, since the body stays unread. */
function rejectBodies(handler: RequestListener): RequestListener {
  return (request, response) => {
    if (hasBody(request)) sendText(response, 413, 'request bodies are not accepted', { connection: 'close' });
    else handler(request, response);
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Sets the headers of the web configuration on every response, and rejects requests without the password of one of its
 * users. The health checks need no password.
 */
function requireAuth(
  handler: RequestListener,
  web: WebConfigWatch,
  createPasswordVerifier: (users: Users) => VerifyPassword,
): RequestListener {
  const authenticate = createAuthenticate(createPasswordVerifier);
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { headers, users } = await web.refreshed();
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const isOpen = users.size === 0 || isHealthCheck(request);
    switch (isOpen ? 'ok' : await authenticate(users, request)) {
      case 'ok':
        handler(request, response);
        return;
      case 'denied':
        sendText(response, 401, 'authentication required', {
          'www-authenticate': 'Basic realm="zeebe-topology-exporter", charset="UTF-8"',
        });
        return;
      case 'throttled':
        sendText(response, 429, 'too many passwords are waiting to be verified', { 'retry-after': '1' });
    }
  };
  return (request, response) => {
    void respond(request, response);
  };
}

/** Forgets the passwords verified before when the users change. */
function createAuthenticate(createPasswordVerifier: (users: Users) => VerifyPassword) {
  let latest: { readonly users: Users; readonly verifyPassword: VerifyPassword } | undefined;
  return async (users: Users, { headers, socket }: IncomingMessage) => {
    const credentials = basicCredentials(headers.authorization);
    if (!credentials) return 'denied';
    if (latest?.users !== users) latest = { users, verifyPassword: createPasswordVerifier(users) };
    return latest.verifyPassword({ ...credentials, network: clientNetwork(socket.remoteAddress) });
  };
}

const healthChecks: readonly string[] = [webPaths.healthy, webPaths.ready];

/**
 * Whether a request asks for the health of the exporter. Orchestrators may do so without a password and by any host
 * name, as the response contains no secret. The path is compared as sent: variants of it need a password.
 */
export function isHealthCheck({ url = '' }: IncomingMessage): boolean {
  const end = url.indexOf('?');
  return healthChecks.includes(end === -1 ? url : url.slice(0, end));
}

type Headers = Pick<IncomingMessage, 'headers'>;

/**
 * Whether a request is addressed to one of these host names, which protects against DNS rebinding: there, a page gives
 * its own name the address of the exporter, so that the browser takes both for the same origin, and only the name
 * tells them apart. IP addresses are allowed, as no page can rebind one; so are requests without Host, as browsers
 * always send it.
 */
export function isAllowedHost({ headers: { host } }: Headers, allowed: readonly string[] | undefined): boolean {
  if (allowed === undefined || host === undefined) return true;
  const hostname = URL.parse(`http://${host}`)?.hostname.replace(/\.$/, '') ?? '';
  return hostname === 'localhost' || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || allowed.includes(hostname);
}

/** Whether a page of another origin sent the request. Decides like Go's `http.CrossOriginProtection`. */
export function isCrossOrigin({ headers }: Headers): boolean {
  const { 'sec-fetch-site': site, origin, host } = headers;
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return origin !== undefined && URL.parse(origin)?.host !== (host ?? '');
}

interface BasicCredentials {
  readonly username: string;
  /** The bytes as sent, in any encoding. */
  readonly password: Buffer;
}

/** Returns the credentials of HTTP Basic authentication (RFC 7617, 2), or undefined if the header has none. */
export function basicCredentials(authorization: string | undefined): BasicCredentials | undefined {
  const [, encoded] = /^Basic +([a-z\d+/]+={0,2}) *$/i.exec(authorization ?? '') ?? [];
  const decoded = Buffer.from(encoded ?? '', 'base64');
  const colon = decoded.indexOf(':');
  if (colon < 0) return undefined;
  return { username: decoded.toString('utf8', 0, colon), password: decoded.subarray(colon + 1) };
}
