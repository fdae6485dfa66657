import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { listen } from '../../src/http/server.ts';
import { listen as listenUntilTheEnd, ownAddress } from '../transport/loopback.ts';

const loopback = { host: '127.0.0.1', port: 0 };

/** A promise that the test fulfils. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

/** A client that keeps its connections open, as Prometheus does. */
function keepAlive(): Agent {
  const agent = new Agent({ keepAliveTimeout: 60_000 });
  onTestFinished(() => agent.destroy());
  return agent;
}

/** Opens a connection and sends a request. */
function ask(address: string): Socket {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(`GET / HTTP/1.1\r\nHost: ${address}\r\n\r\n`);
  return socket;
}

describe('a server that starts', () => {
  it('reports the address that it has bound', async () => {
    const server = await listen((_request, response) => response.end('here'), loopback);
    expect(server.address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    const { body } = await request(`http://${server.address}/`, { dispatcher: keepAlive() });
    expect(await body.text()).toBe('here');
    await server.close();
  });

  it('rejects with the address if the port is in use', async () => {
    const port = await listenUntilTheEnd(createServer());
    await expect(listen(() => {}, { ...loopback, port })).rejects.toThrow(
      `EADDRINUSE: address already in use 127.0.0.1:${port}`,
    );
  });
});

describe('a server that closes', () => {
  // The clock stands still, so that nothing ends because of the deadline.
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('closes idle connections', async () => {
    const dispatcher = keepAlive();
    const server = await listen((_request, response) => response.end(), { host: ownAddress, port: 0 });
    await (await request(`http://${server.address}/`, { dispatcher })).body.dump();
    await server.close();
    await expect(request(`http://${server.address}/`, { dispatcher })).rejects.toThrow('ECONNREFUSED');
  });

  it('first responds to the requests in progress', async () => {
    const arrived = gate();
    const release = gate();
    const server = await listen(async (_request, response) => {
      arrived.open();
      await release.passed;
      response.end('answered');
    }, loopback);
    const answer = request(`http://${server.address}/`, { dispatcher: keepAlive() });
    await arrived.passed;
    const closed = server.close();
    release.open();
    const { statusCode, body } = await answer;
    expect([statusCode, await body.text()]).toEqual([200, 'answered']);
    await closed;
  });

  it('sends the whole response to a slow reader', async () => {
    const page = Buffer.alloc(20_000_000, 'x');
    const ended = gate();
    const server = await listen((_request, response) => {
      response.writeHead(200, { 'content-length': page.length, connection: 'close' });
      response.end(page);
      ended.open();
    }, loopback);
    const socket = ask(server.address);
    await ended.passed;
    const closed = server.close();
    const answer = await text(socket);
    expect(answer.slice(answer.indexOf('\r\n\r\n') + 4)).toHaveLength(page.length);
    await closed;
  });

  it('does not wait for clients that have disconnected', async () => {
    const third = gate();
    const gone = gate();
    let asked = 0;
    const server = await listen((_request, response) => {
      asked++;
      if (asked === 3) third.open();
      response.once('close', gone.open);
    }, loopback);
    const socket = ask(server.address);
    socket.write(`GET / HTTP/1.1\r\nHost: ${server.address}\r\n\r\n`.repeat(2));
    await third.passed;
    socket.destroy();
    await gone.passed;
    await server.close();
  });

  it('closes the connection of a request that is not answered within three seconds', async () => {
    const arrived = gate();
    const server = await listen(() => arrived.open(), loopback);
    const socket = ask(server.address);
    await arrived.passed;
    let isClosed = false;
    const closed = server.close().then(() => {
      isClosed = true;
    });
    await vi.advanceTimersByTimeAsync(2_999);
    expect(isClosed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await closed;
    expect(await text(socket)).toBe('');
  });
});
