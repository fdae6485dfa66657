import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import dns from 'node:dns';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { request } from 'undici';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { connectOnce } from '../../src/check/reachability.ts';
import { Secret } from '../../src/secret.ts';
import { createDispatcher } from '../../src/transport/dispatcher.ts';
import { neverAborted } from '../auth/asking.ts';
import { withoutProxy } from './without-proxy.ts';

beforeEach(withoutProxy);

/**
 * Starts a server that accepts connections, and answers with 200, once `accept` is called. Before that its listen
 * backlog is full: Linux drops the SYN of another connection, and the client sends it again after a second.
 */
async function slowServer() {
  const go = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     const server = require('node:http').createServer((_, response) => response.end('hello'));
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       setImmediate(() => Atomics.wait(workerData, 0, 0));
     });`,
    { eval: true, workerData: go },
  );
  const accept = () => {
    Atomics.store(go, 0, 1);
    Atomics.notify(go, 0);
  };
  const fillers: Socket[] = [];
  onTestFinished(async () => {
    accept();
    for (const filler of fillers) filler.destroy();
    await worker.terminate();
  });
  const [port] = await once(worker, 'message');
  for (let count = 0; count < 2; count++) {
    const filler = connect(port, '127.0.0.1').on('error', () => {});
    fillers.push(filler);
    await once(filler, 'connect');
  }
  return { port: Number(port), accept };
}

/**
 * Starts a server at `slow.test`, a host with several addresses, and returns its port. A connection takes longer than
 * Node.js waits before it tries the next address.
 */
async function slowHost(): Promise<number> {
  const { port, accept } = await slowServer();
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  vi.spyOn(dns, 'lookup').mockImplementation((...args: unknown[]) => {
    const callback = args.at(-1);
    if (typeof callback === 'function') callback(null, addresses);
  });
  // The other address refuses connections, so a request fails if the first address is given up.
  const whenTried = (message: unknown) => {
    const { socket } = message as { readonly socket: Socket };
    socket.once('connectionAttempt', () => setImmediate(accept));
  };
  subscribe('net.client.socket', whenTried);
  onTestFinished(() => {
    unsubscribe('net.client.socket', whenTried);
  });
  return port;
}

it.each([
  ['directly', (port: number) => ({ url: `http://slow.test:${port}/`, proxy: undefined })],
  ['through a proxy', (port: number) => ({ url: 'http://zeebe.test/', proxy: new Secret(`http://slow.test:${port}`) })],
])('a host with several addresses is reached over a slow link %s', async (_how, target) => {
  const { url, proxy } = target(await slowHost());
  const transport = { tls: { insecureSkipVerify: false }, enableHttp2: false, ...(proxy && { proxyUrl: proxy }) };
  const dispatcher = createDispatcher(transport, 10_000);
  onTestFinished(() => dispatcher.destroy());
  const { body } = await request(url, { dispatcher });
  expect(await body.text()).toBe('hello');
});

it('a host with several addresses is reached over a slow link by the check command', async () => {
  const url = new URL(`http://slow.test:${await slowHost()}/`);
  const transport = { tls: { insecureSkipVerify: false }, enableHttp2: false };
  expect(await connectOnce({ url, transport, timeout: 10_000 }, neverAborted)).toBe('127.0.0.1');
});
