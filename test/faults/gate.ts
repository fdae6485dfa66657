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

/** A server that goes wrong until it is mended, and then answers well. */
export interface Gate {
  readonly origin: string;
  readonly mend: () => void;
  /** Connections that went wrong. */
  readonly faulty: () => number;
  /** The most bytes that one of them took, those under way included. */
  readonly mostTaken: () => number;
  readonly close: () => Promise<void>;
}

export async function openGate(behaviour: Behaviour, goodBody: (origin: string) => string): Promise<Gate> {
  const tls = typeof behaviour === 'object' && behaviour.tls === true;
  const good: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(goodBody(origin));
  };
  const goodServer = tls
    ? createHttpsServer({ ...loopbackCertificate, ...patient }, good)
    : createHttpServer(patient, good);
  const sockets = new Set<Socket>();
  let meeting: Meeting | undefined = typeof behaviour === 'object' ? behaviour.meet : undefined;
  let faulty = 0;
  let mostTaken = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    if (!meeting) {
      goodServer.emit('connection', socket);
      return;
    }
    faulty++;
    socket.on('close', () => {
      mostTaken = Math.max(mostTaken, socket.bytesWritten);
    });
    meeting(socket, goodBody(origin));
  });

  const place = await takePlace(behaviour, server);
  const origin = `${tls ? 'https' : 'http'}://127.0.0.1:${place.port}`;
  let mended: Promise<void> | undefined;
  return {
    origin,
    mend: () => {
      meeting = undefined;
      mended ??= place.mend();
    },
    faulty: () => faulty,
    mostTaken: () => mostTaken,
    close: async () => {
      mended ??= place.mend();
      await mended;
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Place {
  readonly port: number;
  /** The server listens there, if it did not before. */
  readonly mend: () => Promise<void>;
}

async function takePlace(behaviour: Behaviour, server: Server): Promise<Place> {
  switch (behaviour) {
    case 'refused': {
      const [port = 0] = await freePorts(1);
      return { port, mend: () => listen(server, port) };
    }
    case 'never accepted': {
      const { port, end } = await fullBacklog();
      const mend = async () => {
        await end();
        await listen(server, port);
      };
      return { port, mend };
    }
    default:
      await listen(server, 0);
      return { port: (server.address() as AddressInfo).port, mend: async () => {} };
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

/** Node accepts whatever comes; a thread that sleeps does not. */
const sleeping = `
const { parentPort, workerData } = require('node:worker_threads');
const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  Atomics.wait(new Int32Array(workerData), 0, 0);
});`;

/** A listener that accepts nothing, and as many connections as wait for it. */
async function fullBacklog() {
  const worker = new Worker(sleeping, { eval: true, workerData: new SharedArrayBuffer(4) });
  const [port]: number[] = await once(worker, 'message');
  const waiting = Array.from({ length: 8 }, () => connect(Number(port), '127.0.0.1').on('error', () => {}));
  // The system completes the handshakes of those that fit; of the others it drops every attempt.
  await Promise.all(waiting.slice(0, 2).map((socket) => once(socket, 'connect')));
  const end = async () => {
    for (const socket of waiting) socket.destroy();
    await worker.terminate();
  };
  return { port: Number(port), end };
}
