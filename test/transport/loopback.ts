import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Listens on 127.0.0.1 until the test has ended, and gives the port. */
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

/** A server that is given the connection once the client has sent something. */
export async function tcpServer(answer: (socket: Socket) => void): Promise<number> {
  return listen(
    createTcpServer((socket) => {
      socket.once('data', () => answer(socket));
    }),
  );
}

/** A port that can be listened on. */
/**
 * Of this process: no other test is given a port that was just given back there. At 127.0.0.1, where tests leave
 * thousands of connections behind, that happens.
 */
export const ownAddress = `127.${1 + (process.pid % 250)}.${1 + (Math.floor(process.pid / 250) % 250)}.1`;

export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * A port where nothing listens until the test has ended: a connection holds it, so that no other program that runs
 * beside the test is given it meanwhile.
 */
export async function closedPort(): Promise<number> {
  const holder = connect(await listen(createTcpServer()), '127.0.0.1');
  onTestFinished(() => {
    holder.destroy();
  });
  await once(holder, 'connect');
  return holder.localPort ?? 0;
}
