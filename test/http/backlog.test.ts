import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createBacklog, sendBytes } from '../../src/http/response.ts';
import { listen } from '../../src/http/server.ts';

const megabyte = 1024 * 1024;
/** More than the buffers of the operating system hold. */
const large = 16 * megabyte;

/**
 * A server whose answers are `body` of the path, and clients that read none of them. `waiting` names the paths whose
 * answers are still kept.
 */
async function serveUnread(body: (path: string) => Buffer, limit?: number) {
  const waiting = new Set<string>();
  const backlog = limit === undefined ? undefined : createBacklog(limit);
  const server = await listen(
    (request, response) => {
      const { url: path = '' } = request;
      const bytes = [body(path)];
      waiting.add(path);
      request.socket.once('close', () => waiting.delete(path));
      if (backlog) {
        response.end(bytes[0]);
        backlog.add(response, bytes);
      } else {
        sendBytes(response, bytes);
      }
    },
    { host: '127.0.0.1', port: 0 },
  );
  onTestFinished(() => server.close());
  const port = Number(server.address.split(':')[1]);
  const ask = async (paths: readonly string[], localAddress = '127.0.0.1'): Promise<Socket> => {
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

const ofItsOwn = () => Buffer.alloc(large);

describe('answers that clients do not read', () => {
  it('are dropped over the limit, those that have waited longest first', async () => {
    const { ask, waiting } = await serveUnread(ofItsOwn, 3 * large);
    for (const path of ['/1', '/2', '/3', '/4', '/5']) await ask([path]);
    await expect.poll(() => [...waiting]).toEqual(['/3', '/4', '/5']);
  });

  it('are those of the address that keeps the most', async () => {
    const { ask, waiting } = await serveUnread(ofItsOwn, 3 * large);
    await ask(['/other'], '127.0.0.2');
    for (const path of ['/1', '/2', '/3', '/4']) await ask([path]);
    await expect.poll(() => [...waiting]).toEqual(['/other', '/3', '/4']);
  });

  it('count once where clients share their bytes', async () => {
    const shared = ofItsOwn();
    const { ask, waiting } = await serveUnread(() => shared, 3 * large);
    const paths = Array.from({ length: 10 }, (_, index) => `/${index}`);
    for (const path of paths) await ask([path]);
    expect([...waiting]).toEqual(paths);
  });

  it('count no more once their connection is gone', async () => {
    const { ask, waiting } = await serveUnread(ofItsOwn, 3 * large);
    for (const path of ['/1', '/2', '/3']) {
      (await ask([path])).destroy();
      await expect.poll(() => waiting.has(path)).toBe(false);
    }
    const kept = ['/4', '/5', '/6'];
    for (const path of kept) await ask([path]);
    expect([...waiting]).toEqual(kept);
  });

  it('count no more once they are read', async () => {
    const { ask, waiting } = await serveUnread(ofItsOwn, 3 * large);
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

  it('count each where one connection waits for several', async () => {
    const { ask, waiting } = await serveUnread(ofItsOwn, 3 * large);
    await ask(['/1', '/2', '/3', '/4']);
    await expect.poll(() => [...waiting]).toEqual([]);
  });

  it('are two at least, however large they are', async () => {
    const { ask, waiting } = await serveUnread(ofItsOwn, 1);
    for (const path of ['/1', '/2', '/3']) await ask([path]);
    await expect.poll(() => [...waiting]).toEqual(['/2', '/3']);
  });

  it('are 64 MiB in the whole process', async () => {
    const { ask, waiting } = await serveUnread(ofItsOwn);
    for (let index = 0; index < 12; index++) await ask([`/${index}`]);
    await expect.poll(() => waiting.size).toBe((64 * megabyte) / large);
  });
});
