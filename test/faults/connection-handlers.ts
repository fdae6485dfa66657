import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';

/** Handles a connection as a faulty server does. `good` is the body of a good response. */
export type ConnectionHandler = (socket: Socket, good: string) => void;

export const silence: ConnectionHandler = (socket) => {
  socket.resume();
};

/** Sends bytes on a request, and then nothing. */
export const sending =
  (bytes: (good: string) => string | Buffer): ConnectionHandler =>
  (socket, good) => {
    socket.once('data', () => socket.write(bytes(good)));
  };

/** Sends bytes on a request, and closes the connection. */
export const sendingAll =
  (bytes: (good: string) => string | Buffer): ConnectionHandler =>
  (socket, good) => {
    socket.once('data', () => socket.end(bytes(good)));
  };

/** Sends a valid HTTP response with any status, body and headers. */
export const answering = (
  status: number,
  body: string | Buffer | ((good: string) => string | Buffer) = '',
  headers: Readonly<Record<string, string>> = {},
): ConnectionHandler => sendingAll((good) => whole(status, typeof body === 'function' ? body(good) : body, headers));

export const json = { 'content-type': 'application/json' };

/** Sends a 200 with the body as a JSON document. */
export const document = (body: string | Buffer | ((good: string) => string | Buffer)): ConnectionHandler =>
  answering(200, body, json);

export function whole(status: number, body: string | Buffer, headers: Readonly<Record<string, string>>): Buffer {
  const bytes = Buffer.from(body);
  const length = status === 204 || status === 304 ? {} : { 'content-length': `${bytes.length}` };
  return Buffer.concat([Buffer.from(head(status, { ...length, connection: 'close', ...headers })), bytes]);
}

export function head(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Status\r\n${lines.join('')}\r\n`;
}

/** Sends the beginning, and then `again` repeatedly until the connection is closed, at most `maxTimes`. */
export const flood =
  (beginning: string, again: string | Buffer, maxTimes = Number.POSITIVE_INFINITY): ConnectionHandler =>
  (socket) => {
    let sent = 0;
    const sendAgain = () => {
      while (!socket.destroyed && sent < maxTimes) {
        sent++;
        if (!socket.write(again)) return;
      }
    };
    socket.once('data', () => {
      socket.write(beginning);
      socket.on('drain', sendAgain);
      sendAgain();
    });
  };

/** Sends one byte of the response at a time. */
export const drip =
  (bytes: (good: string) => string, milliseconds: number): ConnectionHandler =>
  (socket, good) => {
    socket.once('data', () => {
      const rest = [...bytes(good)];
      const timer = setInterval(() => socket.write(rest.shift() ?? ''), milliseconds);
      socket.on('close', () => clearInterval(timer));
    });
  };

/** Handles the connection with TLS, and sends a good response if the client accepts that. */
export const handshake =
  (options: ServerOptions): ConnectionHandler =>
  (socket, good) => {
    const server = createHttpsServer(options, (_, response) => response.writeHead(200, json).end(good));
    server.on('tlsClientError', () => socket.destroy());
    server.emit('connection', socket);
  };

/** Sends a good response on a kept-alive connection, and calls `end` on its next request. */
export const onReuse =
  (end: (socket: Socket) => void): ConnectionHandler =>
  (socket, good) => {
    // A token with a lifetime of one second, so that the next poll requests another one.
    const answer = good.replace('"expires_in":300', '"expires_in":1');
    socket.once('data', () => {
      socket.write(whole(200, answer, { ...json, connection: 'keep-alive', 'keep-alive': 'timeout=600' }));
      socket.once('data', () => end(socket));
    });
  };

interface RedirectedRequest {
  readonly path: string;
  readonly port: number;
}

export const redirecting =
  (status: number, location: (request: RedirectedRequest) => string): ConnectionHandler =>
  (socket) => {
    socket.once('data', (request) => {
      const [, path = ''] = request.toString().split(' ');
      socket.end(whole(status, '', { location: location({ path, port: socket.localPort ?? 0 }) }));
    });
  };
