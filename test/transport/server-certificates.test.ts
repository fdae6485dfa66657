import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TransportConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/secret.ts';
import { createCertificateTrackingAgent } from '../../src/transport/server-certificates.ts';
import { transportFailureOf } from '../../src/transport/transport-failure.ts';
import { authority, client, elsewhere, expired, intermediate, renewed, server } from './issued-certificates.ts';
import { httpServer, httpsServer, listen } from './loopback.ts';
import { tunnelingProxy } from './tunnel.ts';
import { withoutProxy } from './without-proxy.ts';

beforeEach(withoutProxy);
afterEach(() => {
  vi.unstubAllEnvs();
});

const never = new AbortController().signal;
const ca = authority.cert;
const trusting: TransportConfig = { tls: { ca, insecureSkipVerify: false }, enableHttp2: false };
const hello: RequestListener = (_, response) => response.end('hello');
const chain = { key: server.key, cert: server.cert + intermediate.cert };

/** Returns functions that send requests with one dispatcher, and return the certificate expiry that it has seen. */
function asking(transport: TransportConfig = trusting) {
  const { dispatcher, expiry } = createCertificateTrackingAgent(transport, 60_000);
  onTestFinished(() => dispatcher.destroy());
  return {
    expiry: (timeout = 10_000) => expiry(timeout, never),
    /** Returns the body of the response, or the reason of the failure. */
    get: async (url: string) => {
      try {
        const { body } = await request(url, { dispatcher, reset: true });
        return await body.text();
      } catch (error) {
        return transportFailureOf(error).reason;
      }
    },
  };
}

/** Starts a TLS server that never responds; `received` has what it was sent within TLS. */
async function listening(options: TlsOptions) {
  const received: Buffer[] = [];
  const connections: Socket[] = [];
  const tls = createTlsServer(options, (socket) => {
    socket.on('data', (data) => received.push(data)).on('error', () => {});
  });
  tls.on('connection', (socket: Socket) => connections.push(socket));
  const port = await listen(tls);
  return { url: `https://127.0.0.1:${port}/`, received, connections };
}

describe('the expiry of a server’s certificate', () => {
  it('is unknown before a request, and over plain http', async () => {
    const { get, expiry } = asking();
    expect(await expiry()).toBeUndefined();
    expect(await get(await httpServer(hello))).toBe('hello');
    expect(await expiry()).toBeUndefined();
  });

  it('is the earliest of its certificate chain', async () => {
    const { get, expiry } = asking();
    expect(await get(await httpsServer(chain, hello))).toBe('hello');
    expect(await expiry()).toBe(intermediate.expiry);
  });

  it('is known with insecure_skip_verify', async () => {
    const { get, expiry } = asking({ tls: { insecureSkipVerify: true }, enableHttp2: false });
    expect(await get(await httpsServer(expired, hello))).toBe('hello');
    expect(await expiry()).toBe(expired.expiry);
  });

  it('is read again for each connection, since TLS sessions are not resumed', async () => {
    const ticketKeys = Buffer.alloc(48, 1);
    const https = createHttpsServer({ ...chain, ticketKeys }, hello);
    const url = `https://127.0.0.1:${await listen(https)}/`;
    const { get, expiry } = asking();
    expect(await get(url)).toBe('hello');
    expect(await expiry()).toBe(intermediate.expiry);
    https.setSecureContext({ ...renewed, ticketKeys });
    expect(await get(url)).toBe('hello');
    expect(await expiry()).toBe(renewed.expiry);
  });

  it('is kept while the server cannot be reached', async () => {
    const https = createHttpsServer(renewed, hello);
    const url = `https://127.0.0.1:${await listen(https)}/`;
    const { get, expiry } = asking();
    expect(await get(url)).toBe('hello');
    https.closeAllConnections();
    https.close();
    expect(await get(url)).toBe('connect');
    expect(await expiry()).toBe(renewed.expiry);
  });

  it('is the earliest of all requested servers, since an issuer and its token endpoint may differ', async () => {
    const { get, expiry } = asking();
    expect(await get(await httpsServer(renewed, hello))).toBe('hello');
    expect(await get(await httpsServer(chain, hello))).toBe('hello');
    expect(await get(await httpsServer(renewed, hello))).toBe('hello');
    expect(await expiry()).toBe(intermediate.expiry);
  });
});

describe.each([
  ['that has expired', expired, trusting, expired.expiry],
  ['of another host', elsewhere, trusting, elsewhere.expiry],
  ['of an unknown authority', chain, { tls: { insecureSkipVerify: false }, enableHttp2: false }, intermediate.expiry],
  [
    'of another name than the one configured',
    renewed,
    { tls: { ca, insecureSkipVerify: false, serverName: 'zeebe.example' }, enableHttp2: false },
    renewed.expiry,
  ],
])('a certificate %s', (_case, shown, transport, shownExpiry) => {
  it('is read at the first request, and nothing is sent to its server', async () => {
    const { url, received, connections } = await listening(shown);
    const { get, expiry } = asking(transport);
    expect(await get(url)).toBe('tls');
    expect(await expiry()).toBe(shownExpiry);
    await allClosed(connections);
    expect(Buffer.concat(received).toString()).toBe('');
  });

  it('is read in what is left of the time of a poll, which need not be a whole number', async () => {
    const { url } = await listening(shown);
    const { get, expiry } = asking(transport);
    expect(await get(url)).toBe('tls');
    expect(await expiry(4_987.3)).toBe(shownExpiry);
  });

  it('is read through a proxy, and nothing is sent to its server', async () => {
    const { url, received, connections } = await listening(shown);
    const proxy = await tunnelingProxy();
    const { get, expiry } = asking({ ...transport, proxyUrl: new Secret(proxy.url) });
    expect(await get(url)).toBe('tls');
    expect(await expiry()).toBe(shownExpiry);
    expect(new Set(proxy.asked)).toEqual(new Set([new URL(url).host]));
    await allClosed(connections);
    expect(Buffer.concat(received).toString()).toBe('');
  });

  it('is read once for each rejection, and is rejected every time', async () => {
    const { url, connections } = await listening(shown);
    const { get, expiry } = asking(transport);
    expect(await get(url)).toBe('tls');
    expect(await get(url)).toBe('tls');
    expect(await expiry()).toBe(shownExpiry);
    expect(await expiry()).toBe(shownExpiry);
    await vi.waitFor(() => expect(connections).toHaveLength(3), soon);
    expect(await get(url)).toBe('tls');
  });
});

describe('the expiry of a server’s certificate behind a proxy', () => {
  it('is that of the target, not of the proxy', async () => {
    const proxy = await tunnelingProxy();
    const { get, expiry } = asking({ ...trusting, proxyUrl: new Secret(proxy.url) });
    expect(await get(await httpsServer(chain, hello))).toBe('hello');
    expect(proxy.asked).toHaveLength(1);
    expect(await expiry()).toBe(intermediate.expiry);
  });

  it('is unknown if the proxy is not trusted, and no tunnel is requested', async () => {
    const proxy = await tunnelingProxy(expired);
    const { get, expiry } = asking({ ...trusting, proxyUrl: new Secret(proxy.url) });
    const { url, connections } = await listening(renewed);
    expect(await get(url)).toBe('tls');
    expect(await expiry()).toBeUndefined();
    expect(connections).toEqual([]);
    expect(proxy.asked).toEqual([]);
  });
});

describe('a server that requires a client certificate', () => {
  const requiring = { ...renewed, ca, requestCert: true, rejectUnauthorized: true };
  const { cert, key } = client;

  it('has a certificate with known expiry, whether it accepts the client or not', async () => {
    const url = await httpsServer(requiring, hello);
    const known = asking({ tls: { ca, cert, key: new Secret(key), insecureSkipVerify: false }, enableHttp2: false });
    expect(await known.get(url)).toBe('hello');
    expect(await known.expiry()).toBe(renewed.expiry);
    const unknown = asking();
    expect(await unknown.get(url)).not.toBe('hello');
    expect(await unknown.expiry()).toBe(renewed.expiry);
  });
});

it('reading the certificate of a server that no longer responds ends when the signal aborts', async () => {
  const silent = createTcpServer();
  let isSilent = false;
  const https = createHttpsServer(expired, hello);
  silent.on('connection', (socket) => {
    if (!isSilent) https.emit('connection', socket);
  });
  const url = `https://127.0.0.1:${await listen(silent)}/`;
  const { dispatcher, expiry } = createCertificateTrackingAgent(trusting, 60_000);
  onTestFinished(() => dispatcher.destroy());
  await expect(request(url, { dispatcher })).rejects.toThrow('certificate has expired');
  isSilent = true;
  const stopping = new AbortController();
  const looked = expiry(60_000, stopping.signal);
  await once(silent, 'connection');
  stopping.abort();
  expect(await looked).toBeUndefined();
});

const soon = { timeout: 5_000, interval: 20 };

async function allClosed(connections: readonly Socket[]): Promise<void> {
  await vi.waitFor(() => {
    expect(connections.length).toBeGreaterThan(0);
    expect(connections.filter(({ destroyed }) => !destroyed)).toEqual([]);
  }, soon);
}
