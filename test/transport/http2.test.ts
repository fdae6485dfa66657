import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { type Dispatcher, request } from 'undici';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { TransportConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/secret.ts';
import { alpnProtocols, createDispatcher } from '../../src/transport/dispatcher.ts';
import { transportFailureOf } from '../../src/transport/transport-failure.ts';
import { loopbackCertificate as certificate } from '../simulator/loopback-certificate.ts';
import { frames, http2Server } from './http2-frames.ts';
import { listen } from './loopback.ts';
import { tunnelingProxy } from './tunnel.ts';
import { withoutProxy } from './without-proxy.ts';

beforeEach(withoutProxy);

/** Returns a function that requests a URL and returns the body of the response, or the reason of the failure. */
function asking({ enableHttp2 = true, ...transport }: Partial<TransportConfig> = {}) {
  const tls = { insecureSkipVerify: false, ca: certificate.cert };
  const dispatcher = createDispatcher({ tls, enableHttp2, ...transport }, 60_000);
  onTestFinished(() => dispatcher.destroy());
  return async (url: string, options: Partial<Dispatcher.RequestOptions> = {}) => {
    try {
      const { body } = await request(url, { ...options, dispatcher });
      return await body.text();
    } catch (error) {
      return transportFailureOf(error).reason;
    }
  };
}

/** Starts a server that responds with the HTTP version, and records the ALPN protocols that clients offer. */
async function versions(allowHTTP1: boolean) {
  const offered: (readonly string[])[] = [];
  const ALPNCallback = ({ protocols }: { readonly protocols: string[] }) => {
    offered.push(protocols);
    return protocols.find((protocol) => protocol === 'h2' || allowHTTP1);
  };
  const server = createSecureServer({ ...certificate, allowHTTP1, ALPNCallback }, ({ httpVersion }, response) => {
    response.end(httpVersion);
  });
  return { url: `https://127.0.0.1:${await listen(server)}/`, offered };
}

describe('HTTP/2', () => {
  it('is not offered without enable_http2', async () => {
    const { url, offered } = await versions(true);
    expect(await asking({ enableHttp2: false })(url)).toBe('1.1');
    expect(offered).toEqual([['http/1.1']]);
    expect(alpnProtocols({ enableHttp2: false })).toEqual(['http/1.1']);
  });

  it('is offered after HTTP/1.1 with enable_http2', async () => {
    const { url, offered } = await versions(true);
    expect(await asking()(url)).toBe('1.1');
    expect(offered).toEqual([['http/1.1', 'h2']]);
    expect(alpnProtocols({ enableHttp2: true })).toEqual(['http/1.1', 'h2']);
  });

  it('is used with enable_http2 if the server speaks nothing else', async () => {
    const { url } = await versions(false);
    expect(await asking()(url)).toBe('2.0');
    expect(await asking({ enableHttp2: false })(url)).toBe('tls');
  });

  it('is not offered to a proxy', async () => {
    const offered: (readonly string[])[] = [];
    const ALPNCallback = ({ protocols }: { readonly protocols: readonly string[] }) => {
      offered.push(protocols);
      return 'http/1.1';
    };
    const port = await listen(createServer({ ...certificate, ALPNCallback }));
    const dispatcher = createDispatcher(
      { tls: { insecureSkipVerify: false }, enableHttp2: true, proxyUrl: new Secret(`https://127.0.0.1:${port}`) },
      60_000,
    );
    onTestFinished(() => dispatcher.destroy());
    for (const scheme of ['http', 'https']) {
      await expect(request(`${scheme}://zeebe.test/`, { dispatcher })).rejects.toThrow();
    }
    expect(offered).toEqual([['http/1.1'], ['http/1.1']]);
  });

  it('is used through the tunnel of a proxy with enable_http2', async () => {
    const { url, offered } = await versions(false);
    const proxyUrl = new Secret((await tunnelingProxy(certificate)).url);
    expect(await asking({ proxyUrl: new Secret((await tunnelingProxy()).url) })(url)).toBe('2.0');
    expect(await asking({ enableHttp2: false, proxyUrl })(url)).toBe('tls');
    expect(offered).toEqual([['http/1.1', 'h2']]);
  });
});

const whole = (socket: TLSSocket, stream: number) => {
  socket.write(Buffer.concat([frames.ok(stream), frames.lastData(stream, 'whole')]));
};

type Sent = (stream: number) => readonly Buffer[];

const half: Sent = (stream) => [frames.ok(stream), frames.data(stream, '{"brokers":[')];
const halfOfItsLength: Sent = (stream) => [frames.okOfLength(stream, 100), frames.data(stream, 'half')];

/** NO_ERROR and CANCEL, and others. */
const quietCodes = [0, 8];
const errorCodes = [1, 2, 7, 11, 13];

const brokenStreams: readonly (readonly [string, Sent])[] = [
  ...[...quietCodes, ...errorCodes].flatMap((code): readonly (readonly [string, Sent])[] => [
    [`is reset before the headers (${code})`, (stream) => [frames.reset(stream, code)]],
    [
      `is reset before its Content-Length (${code})`,
      (stream) => [...halfOfItsLength(stream), frames.reset(stream, code)],
    ],
  ]),
  ...errorCodes.map((code): readonly [string, Sent] => [
    `is reset within the body (${code})`,
    (stream) => [...half(stream), frames.reset(stream, code)],
  ]),
  ['ends before its Content-Length', (stream) => [frames.okOfLength(stream, 9), frames.lastData(stream, 'short')]],
  ['continues after its Content-Length', (stream) => [frames.okOfLength(stream, 2), frames.lastData(stream, 'long')]],
  ['is not HTTP/2', () => [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]],
];

const brokenConnections: readonly (readonly [string, Sent])[] = [
  ...[0, 2, 11].flatMap((code): readonly (readonly [string, Sent])[] => [
    [`before the headers, with GOAWAY (${code})`, (stream) => [frames.goAway(stream, code)]],
    [`within the body, with GOAWAY (${code})`, (stream) => [...half(stream), frames.goAway(stream, code)]],
    [
      `within the body, with a GOAWAY that excludes the stream (${code})`,
      (stream) => [...half(stream), frames.goAway(0, code)],
    ],
  ]),
  ['before the headers, without GOAWAY', () => []],
  ['within the body, without GOAWAY', half],
];

describe('a response over HTTP/2', () => {
  it.each(brokenStreams)('is a connect failure if its stream %s', async (_how, sent) => {
    const { url } = await http2Server(
      ...Array(2).fill((socket: TLSSocket, stream: number) => {
        socket.write(Buffer.concat(sent(stream)));
      }),
    );
    expect(await asking()(url)).toBe('connect');
  });

  it.each(brokenConnections)('is a connect failure if its connection is closed %s', async (_when, sent) => {
    const { url } = await http2Server((socket, stream) => socket.end(Buffer.concat(sent(stream))));
    expect(await asking()(url)).toBe('connect');
  });

  it('that never arrives fails one request, and the next one uses a new connection', async () => {
    const deadline = new AbortController();
    const silent = () => deadline.abort(new DOMException('no whole answer within 10 s', 'TimeoutError'));
    const { url, seen } = await http2Server(whole, silent, whole);
    const get = asking();
    expect(await get(url)).toBe('whole');
    expect(await get(url, { signal: deadline.signal })).toBe('timeout');
    expect(await get(url)).toBe('whole');
    expect(seen).toEqual([1, 1, 2]);
  });

  it('is requested again if a reused connection is closed before it', async () => {
    const { url, seen } = await http2Server(whole, (socket) => socket.end(), whole);
    const get = asking();
    expect(await get(url)).toBe('whole');
    expect(await get(url)).toBe('whole');
    expect(seen).toEqual([1, 1, 2]);
  });

  it('is read after interim responses', async () => {
    const { url } = await http2Server((socket, stream) => {
      socket.write(Buffer.concat([100, 102, 103].map((status) => frames.interim(stream, status))));
      whole(socket, stream);
    });
    expect(await asking()(url)).toBe('whole');
  });

  it('of more than 16 MiB is aborted', async () => {
    const server = createSecureServer(certificate, (_, response) => response.end(Buffer.alloc(33 * 1024 * 1024)));
    expect(await asking()(`https://127.0.0.1:${await listen(server)}/`)).toBe('too_large');
  });
});
