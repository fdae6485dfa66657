import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';

/** What a connection meets; `good` is the body that a good answer would have. */
export type Meeting = (socket: Socket, good: string) => void;

export const silence: Meeting = (socket) => {
  socket.resume();
};

/** Sends this once the request is there, and then nothing. */
export const sending =
  (bytes: (good: string) => string | Buffer): Meeting =>
  (socket, good) => {
    socket.once('data', () => socket.write(bytes(good)));
  };

/** Sends this once the request is there, and closes. */
export const sendingAll =
  (bytes: (good: string) => string | Buffer): Meeting =>
  (socket, good) => {
    socket.once('data', () => socket.end(bytes(good)));
  };

/** An answer as it should be, but for what it says. */
export const answering = (
  status: number,
  body: string | Buffer | ((good: string) => string | Buffer) = '',
  headers: Readonly<Record<string, string>> = {},
): Meeting => sendingAll((good) => whole(status, typeof body === 'function' ? body(good) : body, headers));

export const json = { 'content-type': 'application/json' };

/** A 200 with this for a JSON document. */
export const document = (body: string | Buffer | ((good: string) => string | Buffer)): Meeting =>
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

/** Sends the beginning, and then the same again and again until it is hung up, or `most` times. */
export const flood =
  (beginning: string, again: string | Buffer, most = Number.POSITIVE_INFINITY): Meeting =>
  (socket) => {
    let sent = 0;
    const pour = () => {
      while (!socket.destroyed && sent < most) {
        sent++;
        if (!socket.write(again)) return;
      }
    };
    socket.once('data', () => {
      socket.write(beginning);
      socket.on('drain', pour);
      pour();
    });
  };

export const drip =
  (bytes: (good: string) => string, milliseconds: number): Meeting =>
  (socket, good) => {
    socket.once('data', () => {
      const rest = [...bytes(good)];
      const timer = setInterval(() => socket.write(rest.shift() ?? ''), milliseconds);
      socket.on('close', () => clearInterval(timer));
    });
  };

/** TLS with these options, and a good answer to who takes it. */
export const handshake =
  (options: ServerOptions): Meeting =>
  (socket, good) => {
    const server = createHttpsServer(options, (_, response) => response.writeHead(200, json).end(good));
    server.on('tlsClientError', () => socket.destroy());
    server.emit('connection', socket);
  };

/** A good answer on a connection that is to be kept, whose next request meets this. */
export const onReuse =
  (end: (socket: Socket) => void): Meeting =>
  (socket, good) => {
    // A token of one second, so that the next poll asks for another.
    const answer = good.replace('"expires_in":300', '"expires_in":1');
    socket.once('data', () => {
      socket.write(whole(200, answer, { ...json, connection: 'keep-alive', 'keep-alive': 'timeout=600' }));
      socket.once('data', () => end(socket));
    });
  };

interface Asked {
  readonly path: string;
  readonly port: number;
}

export const redirecting =
  (status: number, location: (asked: Asked) => string): Meeting =>
  (socket) => {
    socket.once('data', (request) => {
      const [, path = ''] = request.toString().split(' ');
      socket.end(whole(status, '', { location: location({ path, port: socket.localPort ?? 0 }) }));
    });
  };
