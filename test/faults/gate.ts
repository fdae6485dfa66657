import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { freePorts } from '../e2e/ports.ts';
import { loopbackCertificate } from '../simulator/loopback-certificate.ts';
import type { Behaviour } from './faults.ts';
import type { Meeting } from './meetings.ts';

/** An idle connection is not closed under a request that is just coming. */
export const patient = { keepAliveTimeout: 60_000 };

/** A server that goes wrong until it is mended. */
export interface Gate {
  readonly origin: string;
  /** Requests meet no fault from now on, and wait for their answers until `release` is called. */
  readonly mend: () => void;
  readonly release: () => void;
  /**
   * Connections that went wrong. One that asked for nothing is not counted: on a busy machine, a connection of another
   * process that was meant for the one before at this port may arrive here.
   */
  readonly faulty: () => number;
  /** The most bytes that one of them took, those under way included. */
  readonly mostTaken: () => number;
  readonly close: () => Promise<void>;
}

export async function openGate(behaviour: Behaviour, goodBody: (origin: string) => string): Promise<Gate> {
  const isTls = typeof behaviour === 'object' && behaviour.tls === true;
  const released = Promise.withResolvers<void>();
  const goodServer = serverOf(isTls, async (_, response) => {
    await released.promise;
    response.writeHead(200, { 'content-type': 'application/json' }).end(goodBody(origin));
  });
  const sockets = new Set<Socket>();
  const met: { readonly socket: Socket; readonly isCutAtOnce: boolean }[] = [];
  let meeting: Meeting | undefined = typeof behaviour === 'object' ? behaviour.meet : undefined;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    if (!meeting) return void goodServer.emit('connection', socket);
    meeting(socket, goodBody(origin));
    met.push({ socket, isCutAtOnce: socket.destroyed });
  });

  const place = await takePlace(behaviour, server);
  const origin = `${isTls ? 'https' : 'http'}://127.0.0.1:${place.port}`;
  let mended: Promise<void> | undefined;
  return {
    origin,
    mend: () => {
      meeting = undefined;
      mended ??= place.mend();
    },
    release: released.resolve,
    faulty: () => met.filter(({ socket, isCutAtOnce }) => isCutAtOnce || socket.bytesRead > 0).length,
    mostTaken: () => Math.max(0, ...met.map(({ socket }) => socket.bytesWritten)),
    close: async () => {
      await (mended ?? place.mend());
      await place.close();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function serverOf(isTls: boolean, answer: RequestListener) {
  return isTls ? createHttpsServer({ ...loopbackCertificate, ...patient }, answer) : createHttpServer(patient, answer);
}

interface Place {
  readonly port: number;
  /** The server is reached there, if it was not before. */
  readonly mend: () => Promise<void>;
  readonly close: () => Promise<void>;
}

async function takePlace(behaviour: Behaviour, server: Server): Promise<Place> {
  const nothing = async () => {};
  switch (behaviour) {
    case 'refused': {
      const [port = 0] = await freePorts(1);
      return { port, mend: () => listen(server, port), close: nothing };
    }
    case 'never accepted': {
      await listen(server, 0);
      return fullBacklog(portOf(server));
    }
    default:
      await listen(server, 0);
      return { port: portOf(server), mend: nothing, close: nothing };
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Node accepts whatever comes; a thread that sleeps does not. Once awake, it hands everything on to the server. */
const sleeping = `
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

/** A listener that accepts nothing until it is mended, and as many connections as wait for it. */
async function fullBacklog(target: number): Promise<Place> {
  const asleep = new SharedArrayBuffer(4);
  const worker = new Worker(sleeping, { eval: true, workerData: { asleep, target } });
  const [port]: number[] = await once(worker, 'message');
  const waiting = Array.from({ length: 8 }, () => connect(Number(port), '127.0.0.1').on('error', () => {}));
  // The system completes the handshakes of those that fit; of the others it drops every attempt.
  await Promise.all(waiting.slice(0, 2).map((socket) => once(socket, 'connect')));
  const mend = async () => {
    for (const socket of waiting) socket.destroy();
    const flag = new Int32Array(asleep);
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  };
  const close = async () => {
    for (const socket of waiting) socket.destroy();
    await worker.terminate();
  };
  return { port: Number(port), mend, close };
}
