import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createBacklog, createSender, maxBacklog } from '../../src/http/response.ts';
import { listen } from '../../src/http/server.ts';

const megabyte = 1024 * 1024;
/** More than the buffers of the operating system hold. */
const large = 16 * megabyte;

/**
 * Starts two servers that share a backlog, as those of the exporter do, and whose responses are `body` of the path.
 * `ask` opens a connection that does not read them. `waiting` are the paths whose responses are still kept.
 */
async function serveUnread(body: (path: string) => Buffer, limit: number) {
  const waiting = new Set<string>();
  const { sendBuffer } = createSender(createBacklog(limit));
  const answer: RequestListener = (request, response) => {
    const { url: path = '' } = request;
    waiting.add(path);
    request.socket.once('close', () => waiting.delete(path));
    sendBuffer(response, body(path));
  };
  const ports: number[] = [];
  for (let count = 0; count < 2; count++) {
    const server = await listen(answer, { host: '127.0.0.1', port: 0 });
    onTestFinished(() => server.close());
    ports.push(Number(server.address.split(':')[1]));
  }
  let asked = 0;
  const ask = async (paths: readonly string[], localAddress = '127.0.0.1'): Promise<Socket> => {
    const port = ports[asked++ % ports.length] ?? 0;
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''));
    await once(socket, 'readable');
    return socket;
  };
  return { ask, waiting };
}

const unshared = () => Buffer.alloc(large);

describe('unread responses', () => {
  it('are dropped above the limit, those that have waited longest first', async () => {
    const { ask, waiting } = await serveUnread(unshared, 3 * large);
    for (const path of ['/1', '/2', '/3', '/4', '/5']) await ask([path]);
    await expect.poll(() => [...waiting]).toEqual(['/3', '/4', '/5']);
  });

  it('are dropped above the limit for the address that has the most unread bytes', async () => {
    const { ask, waiting } = await serveUnread(unshared, 3 * large);
    await ask(['/other'], '127.0.0.2');
    for (const path of ['/1', '/2', '/3', '/4']) await ask([path]);
    await expect.poll(() => [...waiting]).toEqual(['/other', '/3', '/4']);
  });

  it('count once if clients share their bytes', async () => {
    const shared = unshared();
    const { ask, waiting } = await serveUnread(() => shared, 3 * large);
    const paths = Array.from({ length: 10 }, (_, index) => `/${index}`);
    for (const path of paths) await ask([path]);
    expect([...waiting]).toEqual(paths);
  });

  it('are no longer counted after their connection has closed', async () => {
    const { ask, waiting } = await serveUnread(unshared, 3 * large);
    for (const path of ['/1', '/2', '/3']) {
      (await ask([path])).destroy();
      await expect.poll(() => waiting.has(path)).toBe(false);
    }
    const kept = ['/4', '/5', '/6'];
    for (const path of kept) await ask([path]);
    expect([...waiting]).toEqual(kept);
  });

  it('are no longer counted after they have been read', async () => {
    const { ask, waiting } = await serveUnread(unshared, 3 * large);
    const reader = await ask(['/read']);
    let received = 0;
    reader.on('data', ({ length }) => {
      received += length;
    });
    await expect.poll(() => received).toBeGreaterThan(large);
    const kept = ['/4', '/5', '/6'];
    for (const path of kept) await ask([path]);
    expect([...waiting]).toEqual(['/read', ...kept]);
  });

  it('of one connection are all counted', async () => {
    const { ask, waiting } = await serveUnread(unshared, 3 * large);
    await ask(['/1', '/2', '/3', '/4']);
    await expect.poll(() => [...waiting]).toEqual([]);
  });

  it('are kept for two clients, however large they are', async () => {
    const { ask, waiting } = await serveUnread(unshared, 1);
    for (const path of ['/1', '/2', '/3']) await ask([path]);
    await expect.poll(() => [...waiting]).toEqual(['/2', '/3']);
  });

  it('are limited to 64 MiB for all servers of the process', async () => {
    const { ask, waiting } = await serveUnread(unshared, maxBacklog);
    for (let index = 0; index < 12; index++) await ask([`/${index}`]);
    await expect.poll(() => waiting.size).toBe((64 * megabyte) / large);
  });
});
