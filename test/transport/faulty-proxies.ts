import { createServer } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { closedPort, listen } from './loopback.ts';

/** Starts a proxy that answers every request, including CONNECT, with the status. Returns its port. */
function answering(status: number): Promise<number> {
  const server = createServer((_, response) => response.writeHead(status).end());
  server.on('connect', (_, socket: Socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
  return listen(server);
}

/** Proxies that fail. Each function starts one and returns its port. */
export const faultyProxies = {
  'where nothing listens': closedPort,
  'that answers 403': () => answering(403),
  'that answers 407': () => answering(407),
  'that answers 502': () => answering(502),
  // Keeps reading, so that data that the client has sent does not cause a reset.
  'that closes the connection at once': () =>
    listen(createTcpServer({ allowHalfOpen: true }, (socket) => socket.resume().end())),
  'that closes the connection on a request': () =>
    listen(createTcpServer((socket) => socket.once('data', () => socket.destroy()))),
};

/**
 * Starts a proxy that opens a tunnel and then closes it, and returns its port. The client cannot know whether the proxy
 * or the server behind it has closed the connection.
 */
export async function closingTunnel(): Promise<number> {
  const server = createServer();
  server.on('connect', (_, socket: Socket) => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.once('data', () => socket.destroy());
  });
  return listen(server);
}
