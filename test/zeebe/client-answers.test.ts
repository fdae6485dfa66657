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

/** Requests the topology at an address, and returns the answer with what is read from it. */
async function answerAt(url: string, headers: Readonly<Record<string, Secret>> = {}, given = {}) {
  const tls = { insecureSkipVerify: false, ca: certificate.cert };
  const dispatcher = createDispatcher({ tls, enableHttp2: true }, 60_000);
  onTestFinished(() => dispatcher.destroy());
  const sent = await createClient({ address: new URL(url), apiVersion: 'v1', headers, dispatcher })(
    given,
    neverAborted,
  );
  const read = await createReader().read(sent);
  const body = sent.kind === 'answer' ? sent.body : undefined;
  return { body, ...(read.ok ? { reason: 'none', message: '', topology: read.topology } : told(read.failure)) };
}

describe('the headers of a request', () => {
  /** Returns the headers as they are received, without `Host` and `Connection`. */
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

  it('are replaced by configured headers, ignoring case', async () => {
    expect(await sent({ 'User-Agent': 'mine', ACCEPT: 'application/*', 'accept-Encoding': 'gzip' })).toEqual([
      'accept-encoding: gzip',
      'accept: application/*',
      'user-agent: mine',
    ]);
  });

  it('contain those of the authentication instead of configured ones, ignoring case', async () => {
    const configured = { Authorization: 'configured', AUTHORIZATION: 'configured too', 'X-Tenant': 'camunda' };
    const headers = await sent(configured, { authorization: 'Bearer token' });
    expect(headers).toContain('x-tenant: camunda');
    expect(headers.filter((pair) => pair.startsWith('authorization'))).toEqual(['authorization: Bearer token']);
  });
});

describe('a compressed response although identity was requested', () => {
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

  it('is decoded and quoted if it is an error', async () => {
    const { message } = await answerAt(await answering(500, 'gzip', gzipSync('out of memory')));
    expect(message).toContain('answered 500, expected 200: out of memory');
  });

  it('is an error without quotation if it cannot be decoded', async () => {
    const { reason, message } = await answerAt(await answering(500, 'gzip', Buffer.from('no gzip')));
    expect({ reason, message }).toMatchObject({
      reason: 'http_status',
      message: expect.stringMatching(/expected 200$/),
    });
  });

  it('is read up to 16 MiB once decoded, and is too_large beyond', async () => {
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
  ])('with %s that cannot be decoded is malformed, and its content encoding is named', async (coding, words) => {
    expect(await answerAt(await answering(200, coding, Buffer.from(healthy)))).toMatchObject({
      reason: 'malformed',
      message: expect.stringContaining(words),
      remedy: expect.stringContaining('turn off compression at the cluster'),
    });
  });

  it('is reported without credentials in its content encoding', async () => {
    const url = await httpServer(({ headers }, response) => {
      response.writeHead(200, { ...json, 'content-encoding': `${headers.authorization}` }).end(healthy);
    });
    const { message } = await answerAt(url, {}, { authorization: 'Bearer hunter2-hunter2' });
    expect(message).toContain('with content encoding "Bearer <secret>"');
  });
});

describe('an error response', () => {
  const maxBytes = 64 * 1024;
  const erring = async (length: number) => {
    const closed = Promise.withResolvers<void>();
    const server = createServer((_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(500).write('x'.repeat(length));
      response.on('close', closed.resolve);
    });
    return { url: `http://127.0.0.1:${await listen(server)}/`, closed: closed.promise };
  };

  it('is read up to 64 KiB, and the connection is closed before the rest', async () => {
    const { url, closed } = await erring(maxBytes + 1);
    const { body } = await answerAt(url);
    expect(body).toHaveLength(maxBytes);
    await closed;
  });

  it('is read up to 64 KiB once decoded', async () => {
    const gzipped = gzipSync('x'.repeat(maxBytes + 1));
    const url = await httpServer((_, response) => response.writeHead(500, { 'content-encoding': 'gzip' }).end(gzipped));
    expect((await answerAt(url)).body).toHaveLength(maxBytes);
  });

  it('of 64 KiB is read to its end', async () => {
    const url = await httpServer((_, response) => response.writeHead(500).end('x'.repeat(maxBytes)));
    expect((await answerAt(url)).body).toHaveLength(maxBytes);
  });
});

describe('a truncated response', () => {
  const half = healthy.slice(0, healthy.length / 2);
  const fails = { reason: 'connect', message: expect.stringContaining('closed in the middle of the answer') };

  it.each([0, 8])('is a connect failure if an HTTP/2 stream without length is reset with code %i', async (code) => {
    const { url } = await http2Server((socket, stream) => {
      socket.write(Buffer.concat([frames.ok(stream), frames.data(stream, half), frames.reset(stream, code)]));
    });
    expect(await answerAt(url)).toMatchObject(fails);
  });

  it('is a connect failure if a connection is closed within a body without length', async () => {
    const server = createTcpServer((socket) => {
      socket.on('data', () => socket.end(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n${half}`));
    });
    expect(await answerAt(`http://127.0.0.1:${await listen(server)}/`)).toMatchObject(fails);
  });

  it('is malformed if it has the announced length', async () => {
    const url = await httpServer((_, response) => response.writeHead(200, json).end(half));
    expect(await answerAt(url)).toMatchObject({ reason: 'malformed' });
    const chunked = await httpServer((_, response) => {
      response.writeHead(200, json).write(half);
      response.end();
    });
    expect(await answerAt(chunked)).toMatchObject({ reason: 'malformed' });
  });

  it('has the reason of its status if it is an error', async () => {
    const server = createTcpServer((socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 500 No\r\ncontent-type: application/json\r\n\r\n{"detail":"a'));
    });
    expect(await answerAt(`http://127.0.0.1:${await listen(server)}/`)).toMatchObject({ reason: 'http_status' });
  });
});
