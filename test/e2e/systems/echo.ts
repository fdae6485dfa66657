import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

const statuses = [200, 302, 400, 401, 403, 404, 429, 500, 503];
const contentTypes = ['text/html', 'application/json', 'application/problem+json', 'text/plain'];

/** The paths of all ways in which the echo server answers. */
export const echoPaths = [
  ...statuses.flatMap((status) => contentTypes.map((type) => `${status}/${type.replace('/', '-')}`)),
  'hang-up',
];

export interface Echo {
  /** `host:port`. */
  readonly host: string;
  /** The request lines, headers and bodies that it has received. */
  readonly received: readonly string[];
}

/**
 * Starts a server that quotes each request in the headers and the body of its response. The path selects status and
 * content type; `token` selects a token response whose claims quote the request.
 */
export async function startEcho(): Promise<Echo> {
  const received: string[] = [];
  const server = createServer(async (request, response) => {
    const shown = await everythingOf(request);
    received.push(shown);
    answer(request, response, shown);
  });
  server.on('connect', (request: IncomingMessage, socket: NodeJS.WritableStream) => {
    const shown = headOf(request);
    received.push(shown);
    socket.end(
      `HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm="${shown}"\r\n\r\n${shown}`,
    );
  });
  return { host: await listening(server), received };
}

function answer(request: IncomingMessage, response: ServerResponse, shown: string): void {
  const [, first = '', second = ''] = new URL(request.url ?? '', 'http://echo/').pathname.split('/');
  if (first === 'hang-up') {
    request.socket.destroy();
  } else if (first === 'token') {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(tokenShowing(shown)));
  } else {
    const type = second.replace('-', '/');
    // RFC 9110, 5.6.4.
    const quoted = shown.replace(/["\\]/g, '\\$&');
    response.writeHead(Number(first) || 404, {
      'content-type': `${type}; note="${quoted}"`,
      'www-authenticate': `Bearer realm="r", error="invalid_token", error_description="${quoted}"`,
      location: `/login?was=${encodeURIComponent(shown)}`,
    });
    response.end(type.includes('json') ? JSON.stringify(fieldsShowing(shown)) : `<title>${shown}</title><p>${shown}`);
  }
}

function fieldsShowing(shown: string): unknown {
  return { error: shown, error_description: shown, title: shown, detail: shown, brokers: shown, gatewayVersion: shown };
}

function tokenShowing(shown: string): unknown {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { aud: shown, scope: shown, azp: shown, iss: shown, exp: 4_000_000_000, iat: 1_000_000_000 };
  return { access_token: `${part({ alg: 'none' })}.${part(claims)}.sig`, token_type: 'Bearer', expires_in: 60 };
}

function headOf({ method, url, rawHeaders }: IncomingMessage): string {
  return `${method} ${url} ${rawHeaders.join(' ')}`;
}

async function everythingOf(request: IncomingMessage): Promise<string> {
  const body = Buffer.concat(await request.toArray()).toString();
  return `${headOf(request)} ${body} ${decoded(body)}`.replace(/[^\x20-\x7e]/g, '?');
}

function decoded(form: string): string {
  return [...new URLSearchParams(form).values()].join(' ');
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
