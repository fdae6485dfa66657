import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectionLimits } from '../../src/http/connections.ts';
import { sendBytes } from '../../src/http/response.ts';
import { serve, tls } from './serving.ts';

const page = Buffer.alloc(9_000_000, 'zeebe_topology_up 1\n');

/** A bare connection that has sent that. */
async function send(port: number, head: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(head);
  return socket;
}

async function sendFrom(localAddress: string, port: number, head: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write(head);
  return socket;
}

async function sendMany(count: number, port: number, head: string): Promise<readonly Socket[]> {
  return Promise.all(Array.from({ length: count }, () => send(port, head)));
}

function deadlines(change: Partial<typeof connectionLimits.deadlines>) {
  return { ...connectionLimits, deadlines: { ...connectionLimits.deadlines, ...change } };
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, 'close');
}

/** What came before the connection was cut: by a reset, where bytes were still on their way to the server. */
async function textUntilCut(socket: Socket): Promise<string> {
  let received = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    received += chunk;
  });
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('close', resolve));
  return received;
}

const halfARequest = 'GET /metrics HTTP/1.1\r\nHost: exporter\r\nX-Slow: ';
const wholeRequest = 'GET /metrics HTTP/1.1\r\nHost: exporter\r\n\r\n';

describe('a connection that never finishes its request', () => {
  it.each([
    ['its first one', ''],
    ['its head', halfARequest],
  ])('is cut: %s', async (_what, sent) => {
    const { port } = await serve([''], { limits: deadlines({ opening: 50 }) });
    expect(await text(await send(port, sent))).toBe('');
  });

  it('is cut where it sends a byte now and then', async () => {
    const { port } = await serve([''], { limits: deadlines({ opening: 200 }) });
    const socket = await send(port, halfARequest);
    const trickle = setInterval(() => socket.write('x'), 20);
    await textUntilCut(socket);
    clearInterval(trickle);
  });

  it('is cut where it has had an answer before', async () => {
    const { port } = await serve([''], { limits: deadlines({ idle: 200 }) });
    const socket = await send(port, wholeRequest + halfARequest);
    const trickle = setInterval(() => socket.write('x'), 20);
    expect(await textUntilCut(socket)).toMatch(/^HTTP\/1\.1 200[\s\S]*GET \/metrics$/);
    clearInterval(trickle);
  });

  it('is cut where it does not finish the handshake', async () => {
    const { port, get } = await serve(tls, { limits: deadlines({ opening: 200 }) });
    const socket = await send(port, '\x16\x03\x01');
    await text(socket);
    expect((await get()).status).toBe(200);
  });
});

describe('a reader of a large page', () => {
  it('that stops reading is cut', async () => {
    const cut = Promise.withResolvers<boolean>();
    const { port } = await serve([''], {
      handler: (_request, response) => {
        response.once('close', () => cut.resolve(response.writableFinished));
        response.end(page);
      },
      limits: deadlines({ answering: 300 }),
    });
    const socket = await send(port, wholeRequest);
    await once(socket, 'readable');
    expect(await cut.promise, 'whether all of it was sent').toBe(false);
  });

  it('has only as much of it encrypted as it takes', async () => {
    // More than the buffers of the kernel hold.
    const large = Buffer.alloc(40_000_000);
    const stalled = Promise.withResolvers<number>();
    const { port } = await serve(tls, {
      handler: (_request, response) => {
        response.writeHead(200, { 'content-length': large.length });
        sendBytes(response, [large]);
        // Nothing more is taken from it once the client's end is full.
        let before = -1;
        const look = setInterval(() => {
          const written = response.socket?.bytesWritten ?? 0;
          if (written === before) stalled.resolve(written + response.writableLength);
          before = written;
        }, 100);
        response.once('close', () => clearInterval(look));
      },
    });
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    socket.pause();
    socket.write(wholeRequest);
    expect(await stalled.promise).toBeLessThan(large.length);
  });

  it('that reads on gets all of it', async () => {
    const { get } = await serve([''], { handler: (_request, response) => sendBytes(response, [page]) });
    expect((await get()).body).toHaveLength(page.length);
  });
});

describe('more requests at once than one connection may have', () => {
  it('end it, and not the others', async () => {
    let asked = 0;
    const { port, get } = await serve([''], {
      handler: (incoming, response) => {
        asked++;
        if (incoming.url === '/other') response.end();
      },
    });
    const socket = await send(port, wholeRequest.repeat(1_000));
    expect(await text(socket)).toBe('');
    expect(asked).toBe(connectionLimits.unanswered);
    expect((await get({ path: '/other' })).status).toBe(200);
  });

  it('are answered in order below that', async () => {
    const { port } = await serve(['']);
    const head = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: exporter\r\n${more}\r\n`;
    const socket = await send(port, head('/1') + head('/2') + head('/3', 'Connection: close\r\n'));
    expect((await text(socket)).match(/GET \/\d/g)).toEqual(['GET /1', 'GET /2', 'GET /3']);
  });
});

describe('what is no HTTP', () => {
  it.each([
    ['nonsense', 'nonsense\r\n\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a bare line feed in a header', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\n\r\n\r\n', 400],
    ['two lengths', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    [
      'a length and chunks',
      'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['16 kB of headers', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(17_000)}\r\n\r\n`, 431],
  ])('is answered with its status, and the connection closed: %s', async (_what, sent, status) => {
    const { port, get } = await serve(['']);
    expect(await text(await send(port, sent))).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect((await get()).status).toBe(200);
  });
});

describe('where there are too many connections', () => {
  it('those that have asked for nothing go first, and scrapes are answered', async () => {
    const limits = { ...connectionLimits, connections: 20 };
    const { port, get } = await serve([''], { limits });
    const opening = await sendMany(30, port, halfARequest);
    expect((await get()).status).toBe(200);
    await Promise.all(opening.slice(0, 10).map(closed));
    expect(opening.at(-1)?.closed).toBe(false);
  });

  it('those of the address that has the most go first', async () => {
    const limits = { ...connectionLimits, connections: 20 };
    const { port, get } = await serve([''], { limits });
    const other = await sendFrom('127.0.0.2', port, halfARequest);
    await sendMany(100, port, halfARequest);
    expect((await get()).status).toBe(200);
    other.write('\r\nConnection: close\r\n\r\n');
    expect(await text(other)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('those of the address that has the most go first, whatever they are at', async () => {
    const limits = { ...connectionLimits, connections: 20 };
    const { port } = await serve([''], {
      limits,
      handler: ({ url }, response) => {
        if (url === '/metrics') response.end('here');
      },
    });
    await sendMany(20, port, wholeRequest.replace('/metrics', '/held'));
    for (let scrapes = 0; scrapes < 40; scrapes++) {
      const scraper = await sendFrom('127.0.0.2', port, halfARequest);
      await sendMany(2, port, halfARequest);
      scraper.write('\r\nConnection: close\r\n\r\n');
      expect(await text(scraper)).toMatch(/here$/);
    }
  });

  it('an address that has many leaves some free for those that have few', async () => {
    const limits = { ...connectionLimits, connections: 20, reserved: 5, few: 2 };
    const { port } = await serve([''], { limits });
    const many = await sendMany(20, port, halfARequest);
    await Promise.all(many.slice(0, 5).map(closed));
    const few = [await sendFrom('127.0.0.2', port, halfARequest), await sendFrom('127.0.0.2', port, halfARequest)];
    const third = await sendFrom('127.0.0.2', port, halfARequest);
    await Promise.race(many.slice(5).map(closed));
    expect([...many.slice(6), ...few, third].filter(({ closed }) => closed)).toEqual([]);
  });

  it('those that wait for their next request go before those that are being answered', async () => {
    const limits = { ...connectionLimits, connections: 2 };
    let answer = () => {};
    const { port, get } = await serve([''], {
      limits,
      handler: (incoming, response) => {
        if (incoming.url === '/slow') answer = () => response.end('slow');
        else response.end('quick');
      },
    });
    const slow = get({ path: '/slow' });
    const idle = await send(port, wholeRequest);
    await once(idle, 'readable');
    expect((await get()).body).toBe('quick');
    idle.resume();
    await closed(idle);
    answer();
    expect((await slow).body).toBe('slow');
  });

  it('the answer that takes longest goes last, and the newcomer is let in all the same', async () => {
    const limits = { ...connectionLimits, connections: 3 };
    const { port, get } = await serve([''], {
      limits,
      handler: (incoming, response) => {
        if (incoming.url === '/quick') response.end();
      },
    });
    const waiting = await sendMany(3, port, wholeRequest);
    expect((await get({ path: '/quick' })).status).toBe(200);
    await Promise.race(waiting.map(closed));
  });
});

describe.each([
  ['without TLS', ['']],
  ['with TLS', tls],
])('500 connections that never finish their request, over and over, %s', (_what, lines) => {
  it('leave 200 others and a scrape answered', async () => {
    const { port, get } = await serve(lines);
    for (let wave = 0; wave < 2; wave++) {
      await sendMany(500, port, halfARequest);
      const answers = await Promise.all(Array.from({ length: 200 }, () => get()));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(200);
    }
  });
});
