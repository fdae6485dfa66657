import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectionLimits } from '../../src/http/connections.ts';
import { createBacklog, createSender, maxBacklog } from '../../src/http/response.ts';
import { serve, tls } from './serving.ts';

const { sendBytes } = createSender(createBacklog(maxBacklog));

const page = Buffer.alloc(9_000_000, 'zeebe_topology_up 1\n');

/** Opens a connection and sends that. */
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

/** Returns what arrives until the connection is closed, also by a reset because of unread bytes. */
async function textUntilClosed(socket: Socket): Promise<string> {
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

describe('a connection without a complete request', () => {
  it.each([
    ['that sends nothing', ''],
    ['that sends half a head', halfARequest],
  ])('%s is closed', async (_what, sent) => {
    const { port } = await serve([''], { limits: deadlines({ opening: 50 }) });
    expect(await text(await send(port, sent))).toBe('');
  });

  it('that sends a byte now and then is closed', async () => {
    const { port } = await serve([''], { limits: deadlines({ opening: 200 }) });
    const socket = await send(port, halfARequest);
    const trickle = setInterval(() => socket.write('x'), 20);
    await textUntilClosed(socket);
    clearInterval(trickle);
  });

  it('that has completed a request before is closed', async () => {
    const { port } = await serve([''], { limits: deadlines({ idle: 200 }) });
    const socket = await send(port, wholeRequest + halfARequest);
    const trickle = setInterval(() => socket.write('x'), 20);
    expect(await textUntilClosed(socket)).toMatch(/^HTTP\/1\.1 200[\s\S]*GET \/metrics$/);
    clearInterval(trickle);
  });

  it('that does not finish the TLS handshake is closed', async () => {
    const { port, get } = await serve(tls, { limits: deadlines({ opening: 200 }) });
    const socket = await send(port, '\x16\x03\x01');
    await text(socket);
    expect((await get()).status).toBe(200);
  });
});

describe('a client that reads a large response', () => {
  it('and stops is closed at the deadline', async () => {
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

  it('over TLS has only as much encrypted as it reads', async () => {
    // Exceeds the buffers of the kernel.
    const large = Buffer.alloc(40_000_000);
    const stalled = Promise.withResolvers<number>();
    const { port } = await serve(tls, {
      handler: (_request, response) => {
        response.writeHead(200, { 'content-length': large.length });
        sendBytes(response, [large]);
        // Nothing more is written when the buffers of the client are full.
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

  it('without a pause receives all of it', async () => {
    const { get } = await serve([''], { handler: (_request, response) => sendBytes(response, [page]) });
    expect((await get()).body).toHaveLength(page.length);
  });
});

describe('pipelined requests', () => {
  it('above the limit close the connection, and no other one', async () => {
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

  it('below the limit are answered in order', async () => {
    const { port } = await serve(['']);
    const head = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: exporter\r\n${more}\r\n`;
    const socket = await send(port, head('/1') + head('/2') + head('/3', 'Connection: close\r\n'));
    expect((await text(socket)).match(/GET \/\d/g)).toEqual(['GET /1', 'GET /2', 'GET /3']);
  });
});

describe('a malformed request', () => {
  it.each([
    ['not HTTP', 'nonsense\r\n\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a bare line feed in a header', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\n\r\n\r\n', 400],
    ['two lengths', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    [
      'a length and chunks',
      'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['16 kB of headers', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(17_000)}\r\n\r\n`, 431],
  ])('is rejected, and the connection is closed: %s', async (_what, sent, status) => {
    const { port, get } = await serve(['']);
    expect(await text(await send(port, sent))).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect((await get()).status).toBe(200);
  });
});

describe('at the limit of connections', () => {
  it('those that have sent no request are closed first, and scrapes are answered', async () => {
    const limits = { ...connectionLimits, connections: 20 };
    const { port, get } = await serve([''], { limits });
    const opening = await sendMany(30, port, halfARequest);
    expect((await get()).status).toBe(200);
    await Promise.all(opening.slice(0, 10).map(closed));
    expect(opening.at(-1)?.closed).toBe(false);
  });

  it('those of the address that has the most are closed first', async () => {
    const limits = { ...connectionLimits, connections: 20 };
    const { port, get } = await serve([''], { limits });
    const other = await sendFrom('127.0.0.2', port, halfARequest);
    await sendMany(100, port, halfARequest);
    expect((await get()).status).toBe(200);
    other.write('\r\nConnection: close\r\n\r\n');
    expect(await text(other)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('those of the address that has the most are closed first, in whichever phase they are', async () => {
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

  it('an address that has many leaves some free for addresses that have few', async () => {
    const limits = { ...connectionLimits, connections: 20, reserved: 5, few: 2 };
    const { port } = await serve([''], { limits });
    const many = await sendMany(20, port, halfARequest);
    await Promise.all(many.slice(0, 5).map(closed));
    const few = [await sendFrom('127.0.0.2', port, halfARequest), await sendFrom('127.0.0.2', port, halfARequest)];
    const third = await sendFrom('127.0.0.2', port, halfARequest);
    await Promise.race(many.slice(5).map(closed));
    expect([...many.slice(6), ...few, third].filter(({ closed }) => closed)).toEqual([]);
  });

  it('idle ones are closed before those whose request is being answered', async () => {
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

  it('one whose request is being answered is closed if there is no other, and a new one is accepted', async () => {
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
])('500 connections without a complete request, repeatedly, %s', (_what, lines) => {
  it('do not keep 200 scrapes from being answered', async () => {
    const { port, get } = await serve(lines);
    for (let wave = 0; wave < 2; wave++) {
      await sendMany(500, port, halfARequest);
      const answers = await Promise.all(Array.from({ length: 200 }, () => get()));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(200);
    }
  });
});
