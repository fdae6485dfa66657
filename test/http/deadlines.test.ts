import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { connectionLimits } from '../../src/http/connections.ts';
import { serve } from './serving.ts';

/** Milliseconds. Each differs from the others, so that the wrong one is noticed. */
const deadlines = { opening: 1_000, idle: 5_000, answering: 20_000 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Starts a server that answers `/slow` when the test says so. */
async function serving() {
  const arrived = Promise.withResolvers<ServerResponse>();
  const { port } = await serve([''], {
    limits: { ...connectionLimits, deadlines },
    handler: (incoming, response) => {
      if (incoming.url === '/slow') arrived.resolve(response);
      else response.end('here');
    },
  });
  return { port, slow: arrived.promise };
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Sends a request. Resolves when the whole response has arrived: it ends with `here`. */
async function ask(socket: Socket, path: string): Promise<void> {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: exporter\r\n\r\n`);
  await answered(socket);
}

async function answered(socket: Socket): Promise<void> {
  for (let answer = ''; !answer.endsWith('here'); ) answer += (await once(socket, 'data'))[0];
}

/** Resolves when the server has handled what was sent before: a later request of another connection is answered. */
async function settled(port: number): Promise<void> {
  const other = await connected(port);
  await ask(other, '/');
  other.destroy();
}

const isOpen = async (socket: Socket, port: number) => {
  await settled(port);
  return !socket.readableEnded && !socket.closed;
};

describe('the deadline of a connection is that of its current phase', () => {
  it('while it waits for the next request', async () => {
    const { port } = await serving();
    const socket = await connected(port);
    await ask(socket, '/');
    await settled(port);
    vi.advanceTimersByTime(deadlines.idle - 1);
    expect(await isOpen(socket, port)).toBe(true);
    await ask(socket, '/');
    await settled(port);
    vi.advanceTimersByTime(deadlines.idle - 1);
    expect(await isOpen(socket, port)).toBe(true);
    const ended = once(socket.resume(), 'close');
    vi.advanceTimersByTime(2);
    await ended;
  });

  it('while its request is answered in time', async () => {
    const { port, slow } = await serving();
    const socket = await connected(port);
    socket.write('GET /slow HTTP/1.1\r\nHost: exporter\r\n\r\n');
    const response = await slow;
    vi.advanceTimersByTime(deadlines.answering - 1);
    expect(await isOpen(socket, port)).toBe(true);
    const answer = answered(socket);
    response.end('here');
    await answer;
  });

  it('while its request is answered too late', async () => {
    const { port, slow } = await serving();
    const socket = await connected(port);
    socket.write('GET /slow HTTP/1.1\r\nHost: exporter\r\n\r\n');
    await slow;
    const ended = once(socket.resume(), 'close');
    vi.advanceTimersByTime(deadlines.answering + 1);
    await ended;
  });
});
