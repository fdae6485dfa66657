import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { WebConfigWatch } from '../config/web-config-watcher.ts';
import type { Users } from '../config/web-table.ts';
import { openPaths, pathOf } from './app.ts';
import { clientNetwork } from './connections.ts';
import { createPasswords, type Judgement } from './passwords.ts';
import { sendText } from './response.ts';

/** What each request passes on its way in: one with a body is refused, and the web configuration may have its say. */
export async function createDoor(handler: RequestListener, web?: WebConfigWatch): Promise<RequestListener> {
  const enter = web ? await guarded(handler, web) : handler;
  return (request, response) => {
    if (hasBody(request)) {
      // Nothing here takes one; what is on its way of it is not read.
      sendText(response, 413, 'a body is expected nowhere', { connection: 'close' });
      return;
    }
    enter(request, response);
  };
}

async function guarded(handler: RequestListener, web: WebConfigWatch): Promise<RequestListener> {
  // Loaded here alone: bcrypt takes its time, and may not be there for every kind of machine.
  const { guard } = await import('./access.ts');
  return guard(handler, web);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Gives every answer the headers of the web configuration, and lets in who knows the password of one of its users. */
export function guard(handler: RequestListener, web: WebConfigWatch): RequestListener {
  const judge = createJudge();
  const admit = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { headers, users } = await web.refreshed();
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const isOpen = users.size === 0 || openPaths.includes(pathOf(request));
    switch (isOpen ? 'right' : await judge(users, request)) {
      case 'right':
        handler(request, response);
        return;
      case 'wrong':
        sendText(response, 401, 'a user name and a password are asked for', {
          'www-authenticate': 'Basic realm="zeebe-topology-exporter", charset="UTF-8"',
        });
        return;
      case 'busy':
        sendText(response, 429, 'too many passwords wait to be checked', { 'retry-after': '1' });
    }
  };
  return (request, response) => {
    void admit(request, response);
  };
}

/** Passwords that were right once are forgotten when the users change. */
function createJudge(): (users: Users, request: IncomingMessage) => Promise<Judgement> {
  let latest: { readonly users: Users; readonly judge: ReturnType<typeof createPasswords> } | undefined;
  return async (users, { headers, socket }) => {
    const credentials = basicCredentials(headers.authorization);
    if (!credentials) return 'wrong';
    if (latest?.users !== users) latest = { users, judge: createPasswords(users) };
    return latest.judge({ ...credentials, from: clientNetwork(socket.remoteAddress) });
  };
}

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

export interface BasicCredentials {
  readonly username: string;
  /** As it came, in whatever encoding. */
  readonly password: Buffer;
}

/** RFC 7617, 2: the first colon ends the user name. Undefined where there are none. */
export function basicCredentials(authorization: string | undefined): BasicCredentials | undefined {
  const [, encoded] = /^Basic +([a-z\d+/]+={0,2}) *$/i.exec(authorization ?? '') ?? [];
  const decoded = Buffer.from(encoded ?? '', 'base64');
  const colon = decoded.indexOf(':');
  if (colon < 0) return undefined;
  return { username: decoded.toString('utf8', 0, colon), password: decoded.subarray(colon + 1) };
}
