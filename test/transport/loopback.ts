import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Makes the server listen on 127.0.0.1 until the end of the test, and returns the port. */
export async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export async function httpServer(answer: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createHttpServer(answer))}/`;
}

export async function httpsServer(options: ServerOptions, answer: RequestListener): Promise<string> {
  return `https://127.0.0.1:${await listen(createHttpsServer(options, answer))}/`;
}

/** Starts a server that calls `answer` once a client has sent something, and returns the port. */
export async function tcpServer(answer: (socket: Socket) => void): Promise<number> {
  return listen(
    createTcpServer((socket) => {
      socket.once('data', () => answer(socket));
    }),
  );
}

/**
 * A loopback address that only this process uses, so that no other test gets a port that was just closed there. At
 * 127.0.0.1, where tests leave thousands of connections behind, that happens.
 */
export const ownAddress = `127.${1 + (process.pid % 250)}.${1 + (Math.floor(process.pid / 250) % 250)}.1`;

/** Returns a port of 127.0.0.1 where nothing listens at the moment. */
export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Returns a port where nothing listens until the end of the test. A connection occupies it, so that no other program
 * gets it meanwhile.
 */
export async function closedPort(): Promise<number> {
  const holder = connect(await listen(createTcpServer()), '127.0.0.1');
  onTestFinished(() => {
    holder.destroy();
  });
  await once(holder, 'connect');
  return holder.localPort ?? 0;
}
