import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { createDispatcher } from '../../src/transport/dispatcher.ts';
import { createClient, createReader } from '../../src/zeebe/client.ts';
import { neverAborted } from '../auth/asking.ts';
import { told } from '../failure-texts.ts';
import { loopbackCertificate as certificate } from '../simulator/loopback-certificate.ts';
import { recorded, topologyOf } from '../topologies.ts';
import { frames, http2Server } from '../transport/http2-frames.ts';
import { httpServer, listen } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';

beforeEach(withoutProxy);

const healthy = recorded('8.6.0-3x3x3-healthy');
const json = { 'content-type': 'application/json' };

/** What a client makes of the answer at an address. */
async function answerAt(url: string, headers: Readonly<Record<string, Secret>> = {}, given = {}) {
  const tls = { insecureSkipVerify: false, ca: certificate.cert };
  const dispatcher = createDispatcher({ tls, enableHttp2: true }, 60_000);
  onTestFinished(() => dispatcher.destroy());
  const sent = await createClient({ address: new URL(url), apiVersion: 'v1', headers, dispatcher })(
    given,
    neverAborted,
  );
  const read = createReader().read(sent);
  const body = sent.kind === 'answer' ? sent.body : undefined;
  return { body, ...(read.ok ? { reason: 'none', message: '', topology: read.topology } : told(read.failure)) };
}

describe('the headers of a request', () => {
  /** The names and values as they come in; `Host` and `Connection` are the connection's own. */
  async function sent(configured: Readonly<Record<string, string>>, given = {}) {
    let raw: readonly string[] = [];
    const url = await httpServer(({ rawHeaders }, response) => {
      raw = rawHeaders;
      response.end();
    });
    const headers = Object.entries(configured).map(([name, value]) => [name, new Secret(value)]);
    await answerAt(url, Object.fromEntries(headers), given);
    const pairs = raw.flatMap((name, index) => (index % 2 === 0 ? [`${name.toLowerCase()}: ${raw[index + 1]}`] : []));
    return pairs.filter((pair) => !/^(host|connection):/.test(pair)).toSorted();
  }

  it('are the configured ones instead of its own, in whatever case they are written', async () => {
    expect(await sent({ 'User-Agent': 'mine', ACCEPT: 'application/*', 'accept-Encoding': 'gzip' })).toEqual([
      'accept-encoding: gzip',
      'accept: application/*',
      'user-agent: mine',
    ]);
  });

  it('are those that authenticate it instead of the configured ones, in whatever case they are written', async () => {
    const configured = { Authorization: 'configured', AUTHORIZATION: 'configured too', 'X-Tenant': 'camunda' };
    const headers = await sent(configured, { authorization: 'Bearer token' });
    expect(headers).toContain('x-tenant: camunda');
    expect(headers.filter((pair) => pair.startsWith('authorization'))).toEqual(['authorization: Bearer token']);
  });
});

describe('an answer that is compressed although identity was asked for', () => {
  const answering = (status: number, coding: string, body: Uint8Array) =>
    httpServer((_, response) => response.writeHead(status, { ...json, 'content-encoding': coding }).end(body));

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('with %s is read', async (coding, compress) => {
    const topology = topologyOf(healthy);
    expect(await answerAt(await answering(200, coding, compress(healthy)))).toMatchObject({ reason: 'none', topology });
  });

  it('is quoted where it is an error', async () => {
    const { message } = await answerAt(await answering(500, 'gzip', gzipSync('out of memory')));
    expect(message).toContain('answered 500, expected 200: out of memory');
  });

  it('is an error without words where it cannot be decoded', async () => {
    const { reason, message } = await answerAt(await answering(500, 'gzip', Buffer.from('no gzip')));
    expect({ reason, message }).toMatchObject({
      reason: 'http_status',
      message: expect.stringMatching(/expected 200$/),
    });
  });

  it('may decode to 16 MiB, and no further', async () => {
    const limit = 16 * 1024 * 1024;
    const padded = (length: number) => gzipSync(healthy.padStart(length));
    expect(await answerAt(await answering(200, 'gzip', padded(limit)))).toMatchObject({ reason: 'none' });
    expect(await answerAt(await answering(200, 'gzip', padded(limit + 1)))).toMatchObject({
      reason: 'too_large',
      message: expect.stringContaining(`with content encoding "gzip", and more than ${limit} bytes when decoded`),
    });
  });

  it.each([
    ['gzip', 'with content encoding "gzip", but its body is not encoded so'],
    ['x-secret-coding', 'with content encoding "x-secret-coding", expected identity, gzip, deflate, br or zstd'],
  ])('with %s that cannot be decoded is named', async (coding, words) => {
    expect(await answerAt(await answering(200, coding, Buffer.from(healthy)))).toMatchObject({
      reason: 'malformed',
      message: expect.stringContaining(words),
      remedy: expect.stringContaining('turn off compression at the cluster'),
    });
  });

  it('is named without the credentials that it shows', async () => {
    const url = await httpServer(({ headers }, response) => {
      response.writeHead(200, { ...json, 'content-encoding': `${headers.authorization}` }).end(healthy);
    });
    const { message } = await answerAt(url, {}, { authorization: 'Bearer hunter2-hunter2' });
    expect(message).toContain('with content encoding "Bearer <secret>"');
  });
});

describe('an error', () => {
  const most = 64 * 1024;
  const erring = async (length: number) => {
    const closed = Promise.withResolvers<void>();
    const server = createServer((_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(500).write('x'.repeat(length));
      response.on('close', closed.resolve);
    });
    return { url: `http://127.0.0.1:${await listen(server)}/`, closed: closed.promise };
  };

  it('is read up to 64 KiB, and the connection is closed on the rest', async () => {
    const { url, closed } = await erring(most + 1);
    const { body } = await answerAt(url);
    expect(body).toHaveLength(most);
    await closed;
  });

  it('is read up to 64 KiB when decoded', async () => {
    const gzipped = gzipSync('x'.repeat(most + 1));
    const url = await httpServer((_, response) => response.writeHead(500, { 'content-encoding': 'gzip' }).end(gzipped));
    expect((await answerAt(url)).body).toHaveLength(most);
  });

  it('of 64 KiB is read to its end', async () => {
    const url = await httpServer((_, response) => response.writeHead(500).end('x'.repeat(most)));
    expect((await answerAt(url)).body).toHaveLength(most);
  });
});

describe('an answer without a length that ends in the middle', () => {
  const half = healthy.slice(0, healthy.length / 2);
  const fails = { reason: 'connect', message: expect.stringContaining('closed in the middle of the answer') };

  it.each([0, 8])('of an HTTP/2 stream (%i) fails the connection', async (code) => {
    const { url } = await http2Server((socket, stream) => {
      socket.write(Buffer.concat([frames.ok(stream), frames.data(stream, half), frames.reset(stream, code)]));
    });
    expect(await answerAt(url)).toMatchObject(fails);
  });

  it('with the connection fails it', async () => {
    const server = createTcpServer((socket) => {
      socket.on('data', () => socket.end(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n${half}`));
    });
    expect(await answerAt(`http://127.0.0.1:${await listen(server)}/`)).toMatchObject(fails);
  });

  it('is malformed where its length is as announced', async () => {
    const url = await httpServer((_, response) => response.writeHead(200, json).end(half));
    expect(await answerAt(url)).toMatchObject({ reason: 'malformed' });
    const chunked = await httpServer((_, response) => {
      response.writeHead(200, json).write(half);
      response.end();
    });
    expect(await answerAt(chunked)).toMatchObject({ reason: 'malformed' });
  });

  it('is what it is where it is no success', async () => {
    const server = createTcpServer((socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 500 No\r\ncontent-type: application/json\r\n\r\n{"detail":"a'));
    });
    expect(await answerAt(`http://127.0.0.1:${await listen(server)}/`)).toMatchObject({ reason: 'http_status' });
  });
});
