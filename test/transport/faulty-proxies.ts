import { createServer } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { closedPort, listen } from './loopback.ts';

/** A proxy that answers each request, for http and CONNECT alike, with that status. */
function answering(status: number): Promise<number> {
  const server = createServer((_, response) => response.writeHead(status).end());
  server.on('connect', (_, socket: Socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
  return listen(server);
}

/** Proxies that do not do what they are asked, each of which gives its port. */
export const faultyProxies = {
  'where nothing listens': closedPort,
  'that answers 403': () => answering(403),
  'that answers 407': () => answering(407),
  'that answers 502': () => answering(502),
  // Reads on, so that what the client has sent by then is no reason for a reset.
  'that hangs up at once': () => listen(createTcpServer({ allowHalfOpen: true }, (socket) => socket.resume().end())),
  'that hangs up when it is asked': () =>
    listen(createTcpServer((socket) => socket.once('data', () => socket.destroy()))),
};

/** A proxy that makes a tunnel and breaks it off: it could be the server behind it that hangs up. */
export async function breakingTunnel(): Promise<number> {
  const server = createServer();
  server.on('connect', (_, socket: Socket) => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.once('data', () => socket.destroy());
  });
  return listen(server);
}
