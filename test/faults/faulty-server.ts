import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { freePorts } from '../e2e/ports.ts';
import { loopbackCertificate } from '../simulator/loopback-certificate.ts';
import type { ConnectionHandler } from './connection-handlers.ts';
import type { Behaviour } from './faults.ts';

/** Long enough that the server does not close an idle connection while a request arrives. */
export const keepAliveOptions = { keepAliveTimeout: 60_000 };

/** A server with a fault until it is repaired. */
export interface FaultyServer {
  readonly origin: string;
  /** Ends the fault. Requests then wait for their responses until `release` is called. */
  readonly repair: () => void;
  readonly release: () => void;
  /**
   * Returns the number of connections with the fault. Those without a request are not counted: on a busy machine, a
   * connection of another process to the previous server at this port may arrive here.
   */
  readonly faultyConnections: () => number;
  /** Returns the most bytes that were sent over one of them, including buffered ones. */
  readonly maxBytesTaken: () => number;
  readonly close: () => Promise<void>;
}

export async function startFaultyServer(
  behaviour: Behaviour,
  goodBody: (origin: string) => string,
): Promise<FaultyServer> {
  const isTls = typeof behaviour === 'object' && behaviour.tls === true;
  const released = Promise.withResolvers<void>();
  const goodServer = serverOf(isTls, async (_, response) => {
    await released.promise;
    response.writeHead(200, { 'content-type': 'application/json' }).end(goodBody(origin));
  });
  const sockets = new Set<Socket>();
  const handled: { readonly socket: Socket; readonly isCutAtOnce: boolean }[] = [];
  let handler: ConnectionHandler | undefined = typeof behaviour === 'object' ? behaviour.handle : undefined;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    if (!handler) return void goodServer.emit('connection', socket);
    handler(socket, goodBody(origin));
    handled.push({ socket, isCutAtOnce: socket.destroyed });
  });

  const listener = await openListener(behaviour, server);
  const origin = `${isTls ? 'https' : 'http'}://127.0.0.1:${listener.port}`;
  let repaired: Promise<void> | undefined;
  return {
    origin,
    repair: () => {
      handler = undefined;
      repaired ??= listener.repair();
    },
    release: released.resolve,
    faultyConnections: () => handled.filter(({ socket, isCutAtOnce }) => isCutAtOnce || socket.bytesRead > 0).length,
    maxBytesTaken: () => Math.max(0, ...handled.map(({ socket }) => socket.bytesWritten)),
    close: async () => {
      await (repaired ?? listener.repair());
      await listener.close();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function serverOf(isTls: boolean, answer: RequestListener) {
  return isTls
    ? createHttpsServer({ ...loopbackCertificate, ...keepAliveOptions }, answer)
    : createHttpServer(keepAliveOptions, answer);
}

interface Listener {
  readonly port: number;
  /** Makes the server reachable at the port, if it was not before. */
  readonly repair: () => Promise<void>;
  readonly close: () => Promise<void>;
}

async function openListener(behaviour: Behaviour, server: Server): Promise<Listener> {
  const nothing = async () => {};
  switch (behaviour) {
    case 'refused': {
      const [port = 0] = await freePorts(1);
      return { port, repair: () => listen(server, port), close: nothing };
    }
    case 'never accepted': {
      await listen(server, 0);
      return fullBacklog(portOf(server));
    }
    default:
      await listen(server, 0);
      return { port: portOf(server), repair: nothing, close: nothing };
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/**
 * The source of a thread that listens and blocks itself, since Node.js would accept every connection. Once it is unblocked,
 * it forwards all connections to the server.
 */
const blockedListener = `
const { connect, createServer } = require('node:net');
const { parentPort, workerData: { asleep, target } } = require('node:worker_threads');
const accept = (socket) => {
  const onward = connect(target, '127.0.0.1');
  socket.pipe(onward).pipe(socket);
  for (const each of [socket, onward]) each.on('error', () => {}).on('close', () => { socket.destroy(); onward.destroy(); });
};
const server = createServer(accept).listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  Atomics.wait(new Int32Array(asleep), 0, 0);
});`;

/** Opens a listener that accepts no connection until it is repaired, and enough connections to fill its backlog. */
async function fullBacklog(target: number): Promise<Listener> {
  const asleep = new SharedArrayBuffer(4);
  const worker = new Worker(blockedListener, { eval: true, workerData: { asleep, target } });
  const [port]: number[] = await once(worker, 'message');
  const waiting = Array.from({ length: 8 }, () => connect(Number(port), '127.0.0.1').on('error', () => {}));
  // The system completes the handshakes of connections that fit into the backlog, and drops those of others.
  await Promise.all(waiting.slice(0, 2).map((socket) => once(socket, 'connect')));
  const repair = async () => {
    for (const socket of waiting) socket.destroy();
    const flag = new Int32Array(asleep);
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  };
  const close = async () => {
    for (const socket of waiting) socket.destroy();
    await worker.terminate();
  };
  return { port: Number(port), repair, close };
}
