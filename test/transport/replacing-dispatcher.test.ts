import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { type Dispatcher, request } from 'undici';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TransportConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/secret.ts';
import { createDispatcher, type DispatcherOptions } from '../../src/transport/dispatcher.ts';
import { transportFailureOf } from '../../src/transport/transport-failure.ts';
import { loopbackCertificate as certificate } from '../simulator/loopback-certificate.ts';
import { listen } from './loopback.ts';
import { tunnelingProxy } from './tunnel.ts';
import { withoutProxy } from './without-proxy.ts';

beforeEach(withoutProxy);

const trusting: TransportConfig = { tls: { insecureSkipVerify: false, ca: certificate.cert }, enableHttp2: false };

/** Returns a function that requests a URL and returns the body of the response, or the reason of the failure. */
function asking(transport: Partial<TransportConfig> = {}, options: DispatcherOptions = {}) {
  const dispatcher = createDispatcher({ ...trusting, ...transport }, 60_000, options);
  onTestFinished(() => dispatcher.destroy());
  return async (url: string, more: Partial<Dispatcher.RequestOptions> = {}) => {
    try {
      const { body } = await request(url, { ...more, dispatcher });
      return await body.text();
    } catch (error) {
      return transportFailureOf(error).reason;
    }
  };
}

const whole = (body: string) =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nkeep-alive: timeout=60\r\n\r\n${body}`;

type Answer = (socket: Socket, connection: number, text: string) => void;

/** Starts a server that passes its nth request to the nth answer, with the number of the request's connection. */
async function scripted(...answers: readonly Answer[]) {
  const seen: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    const connection = ++connections;
    socket.on('data', (data) => {
      const text = data.toString();
      seen.push(`${text.split(' ')[0]} on ${connection}`);
      answers[seen.length - 1]?.(socket, connection, text);
    });
  });
  return { url: `http://127.0.0.1:${await listen(server)}/`, seen };
}

const taken: Answer = (socket, connection) => socket.write(whole(`from ${connection}`));
const closed: Answer = (socket) => socket.end();
const reset: Answer = (socket) => socket.resetAndDestroy();
const silent: Answer = () => {};

describe('a GET on a reused connection', () => {
  it.each([
    ['closed', closed],
    ['reset', reset],
  ])('is sent again on a new connection if it is %s before the first byte of a response', async (_how, end) => {
    const { url, seen } = await scripted(taken, end, taken, taken);
    const get = asking();
    expect(await get(url)).toBe('from 1');
    expect(await get(url)).toBe('from 2');
    expect(await get(url)).toBe('from 2');
    expect(seen).toEqual(['GET on 1', 'GET on 1', 'GET on 2', 'GET on 2']);
  });

  it('is sent again only once', async () => {
    const { url, seen } = await scripted(taken, closed, closed, taken);
    const get = asking();
    await get(url);
    expect(await get(url)).toBe('connect');
    expect(seen).toEqual(['GET on 1', 'GET on 1', 'GET on 2']);
  });

  it.each([
    ['part of the headers', 'HTTP/1.1 200 OK\r\ncont'],
    ['the headers', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'],
    ['part of the body', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhal'],
  ])('is not sent again if the connection is closed after %s', async (_part, part) => {
    const { url, seen } = await scripted(taken, (socket) => socket.end(part), taken);
    const get = asking();
    await get(url);
    expect(await get(url)).toBe('connect');
    expect(seen).toEqual(['GET on 1', 'GET on 1']);
  });

  it('is not sent again after a timeout', async () => {
    const { url, seen } = await scripted(taken, silent, taken);
    const get = asking();
    await get(url);
    expect(await get(url, { headersTimeout: 1 })).toBe('timeout');
    expect(seen).toEqual(['GET on 1', 'GET on 1']);
  });
});

it('a GET on a new connection that is closed is not sent again', async () => {
  const { url, seen } = await scripted(closed, taken);
  expect(await asking()(url)).toBe('connect');
  expect(seen).toEqual(['GET on 1']);
});

it('a GET whose TLS handshake is reset is not sent again', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.once('data', () => socket.resetAndDestroy());
  });
  expect(await asking()(`https://127.0.0.1:${await listen(server)}/`)).toBe('connect');
  expect(connections).toBe(1);
});

it('a POST on a reused connection that is closed is not sent again', async () => {
  const { url, seen } = await scripted(taken, closed, taken);
  const send = asking();
  await send(url);
  expect(await send(url, { method: 'POST', body: 'grant_type=client_credentials' })).toBe('connect');
  expect(seen).toEqual(['GET on 1', 'POST on 1']);
});

it('without keep-alive each request uses a new connection', async () => {
  const { url, seen } = await scripted(taken, taken, taken);
  const send = asking({}, { keepAlive: false });
  await send(url);
  await send(url, { method: 'POST', body: 'grant_type=client_credentials' });
  await send(url);
  expect(seen).toEqual(['GET on 1', 'POST on 2', 'GET on 3']);
});

describe('after a failed request', () => {
  it('without response headers, the next one uses a new connection', async () => {
    const { url, seen } = await scripted(taken, silent, taken);
    const get = asking();
    await get(url);
    expect(await get(url, { headersTimeout: 1 })).toBe('timeout');
    expect(await get(url)).toBe('from 2');
    expect(seen).toEqual(['GET on 1', 'GET on 1', 'GET on 2']);
  });

  it.each([
    ['before the headers', ''],
    ['within the body', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhal'],
  ])('whose deadline passed %s, the next one uses a new connection', async (_when, part) => {
    const deadline = new AbortController();
    const late: Answer = (socket) => {
      socket.write(part, () => deadline.abort(new DOMException('no whole answer within 10 s', 'TimeoutError')));
    };
    const { url, seen } = await scripted(taken, late, taken);
    const get = asking();
    await get(url);
    expect(await get(url, { signal: deadline.signal })).toBe('timeout');
    expect(await get(url)).toBe('from 2');
    expect(seen).toEqual(['GET on 1', 'GET on 1', 'GET on 2']);
  });

  it('other requests in progress continue, and their connections are closed after them', async () => {
    const later = Promise.withResolvers<Socket>();
    const waiting = await scripted((socket) => later.resolve(socket));
    const failing = await scripted(closed, taken);
    const get = asking();
    const waits = get(waiting.url);
    const socket = await later.promise;
    expect(await get(failing.url)).toBe('connect');
    expect(await get(failing.url)).toBe('from 2');
    socket.write(whole('in the end'));
    expect(await waits).toBe('in the end');
    await vi.waitFor(() => expect(socket.readableEnded).toBe(true));
  });
});

describe('a kept-alive connection', () => {
  const cases: readonly [string, () => Promise<{ url: string; transport: Partial<TransportConfig> }>][] = [
    ['http', async () => ({ url: 'http', transport: {} })],
    ['https', async () => ({ url: 'https', transport: {} })],
    ['a tunnel', async () => ({ url: 'https', transport: { proxyUrl: new Secret((await tunnelingProxy()).url) } })],
  ];

  it.each(cases)('over %s is used for at most three minutes, so that DNS changes take effect', async (_, made) => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const ports = new Set<number | undefined>();
    const { url, transport } = await made();
    const answer = ({ socket }: IncomingMessage, response: ServerResponse) => {
      ports.add(socket.remotePort);
      response.writeHead(200, { 'keep-alive': 'timeout=600' }).end('hello');
    };
    const server = url === 'http' ? createHttpServer(answer) : createHttpsServer(certificate, answer);
    server.keepAliveTimeout = 0;
    const target = `${url}://127.0.0.1:${await listen(server)}/`;
    const get = asking(transport);
    const countAfter = async (time: number) => {
      vi.advanceTimersByTime(time);
      expect(await get(target)).toBe('hello');
      return ports.size;
    };
    expect(await countAfter(0)).toBe(1);
    expect(await countAfter(3 * 60_000)).toBe(1);
    expect(await countAfter(1_000)).toBe(2);
    expect(await countAfter(60_000)).toBe(2);
    const connections = promisify(server.getConnections.bind(server));
    await vi.waitFor(async () => expect(await connections()).toBe(1));
  });
});

it('a destroyed dispatcher aborts all requests in progress, also those from before a failure, and rejects new ones', async () => {
  const later = Promise.withResolvers<void>();
  const waiting = await scripted(() => later.resolve());
  const failing = await scripted(closed);
  const dispatcher = createDispatcher(trusting, 60_000);
  const waits = expect(request(waiting.url, { dispatcher })).rejects.toThrow('destroyed');
  await later.promise;
  await expect(request(failing.url, { dispatcher })).rejects.toThrow('other side closed');
  await dispatcher.destroy();
  await waits;
  await expect(request(failing.url, { dispatcher })).rejects.toThrow('destroyed');
  expect(failing.seen).toEqual(['GET on 1']);
});
