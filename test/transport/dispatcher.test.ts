import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TlsConfig, TransportConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/secret.ts';
import { createDispatcher } from '../../src/transport/dispatcher.ts';
import { ProxyError } from '../../src/transport/proxy.ts';
import { transportFailureOf } from '../../src/transport/transport-failure.ts';
import { loopbackCertificate as certificate } from '../simulator/loopback-certificate.ts';
import { closedPort, httpServer, httpsServer, listen, tcpServer } from './loopback.ts';
import { tunnelingProxy } from './tunnel.ts';
import { withoutProxy } from './without-proxy.ts';

beforeEach(withoutProxy);
afterEach(() => {
  vi.unstubAllEnvs();
});

const longTimeout = 60_000;

/** Returns the body of the response, or the reason of the failure. */
async function get(url: string, transport: Partial<TransportConfig> = {}): Promise<string> {
  const dispatcher = createDispatcher(
    { tls: { insecureSkipVerify: false }, enableHttp2: false, ...transport },
    longTimeout,
  );
  onTestFinished(() => dispatcher.destroy());
  try {
    const { body } = await request(url, { dispatcher });
    return await body.text();
  } catch (error) {
    return transportFailureOf(error).reason;
  }
}

/** Returns the error of a failed request, and its causes. */
async function errorsOf(url: string, transport: Partial<TransportConfig>): Promise<readonly Error[]> {
  const dispatcher = createDispatcher(
    { tls: { insecureSkipVerify: false }, enableHttp2: false, ...transport },
    longTimeout,
  );
  onTestFinished(() => dispatcher.destroy());
  const errors: Error[] = [];
  const failed = await request(url, { dispatcher }).catch((error: unknown) => error);
  for (let error = failed; error instanceof Error; error = error.cause) errors.push(error);
  return errors;
}

describe('TLS', () => {
  const hello = () => httpsServer(certificate, (_, response) => response.end('hello'));
  const tls = (config: Partial<TlsConfig>) => ({ tls: { insecureSkipVerify: false, ...config } });

  it('rejects a certificate of an unknown CA', async () => {
    expect(await get(await hello())).toBe('tls');
  });

  it('accepts a certificate of the configured CA', async () => {
    expect(await get(await hello(), tls({ ca: certificate.cert }))).toBe('hello');
  });

  it('accepts any certificate with insecure_skip_verify', async () => {
    expect(await get(await hello(), tls({ insecureSkipVerify: true }))).toBe('hello');
  });

  it('verifies the certificate against the configured server_name', async () => {
    const ca = certificate.cert;
    expect(await get(await hello(), tls({ ca, serverName: 'localhost' }))).toBe('hello');
    expect(await get(await hello(), tls({ ca, serverName: 'zeebe.example' }))).toBe('tls');
  });

  it('presents the client certificate', async () => {
    const options = { ...certificate, ca: certificate.cert, requestCert: true, rejectUnauthorized: true };
    const url = await httpsServer(options, ({ socket }, response) =>
      response.end((socket as TLSSocket).getPeerCertificate().subject.CN),
    );
    const { cert, key } = certificate;
    expect(await get(url, tls({ ca: cert, cert, key: new Secret(key) }))).toBe('localhost');
    expect(await get(url, tls({ ca: cert }))).not.toBe('localhost');
  });

  it.each([
    ['TLSv1.1', {}, 'tls'],
    ['TLSv1.1', { minVersion: 'TLSv1.2' }, 'tls'],
    ['TLSv1', { minVersion: 'TLSv1' }, 'TLSv1'],
    ['TLSv1.1', { minVersion: 'TLSv1' }, 'TLSv1.1'],
    ['TLSv1.1', { minVersion: 'TLSv1.1' }, 'TLSv1.1'],
    ['TLSv1', { minVersion: 'TLSv1.1' }, 'tls'],
    ['TLSv1.2', {}, 'TLSv1.2'],
    ['TLSv1.2', { minVersion: 'TLSv1.3' }, 'tls'],
    ['TLSv1.3', { minVersion: 'TLSv1.3' }, 'TLSv1.3'],
    ['TLSv1.3', { minVersion: 'TLSv1' }, 'TLSv1.3'],
  ] as const)('with a server of at most %s and the setting %j ends with %s', async (most, least, given) => {
    const options = { ...certificate, minVersion: 'TLSv1', maxVersion: most, ciphers: 'ALL:@SECLEVEL=0' } as const;
    const url = await httpsServer(options, ({ socket }, response) => response.end((socket as TLSSocket).getProtocol()));
    expect(await get(url, tls({ ca: certificate.cert, ...least }))).toBe(given);
  });

  it('fails with the reason tls if the server does not speak TLS', async () => {
    const port = await tcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await get(`https://127.0.0.1:${port}/`)).toBe('tls');
  });
});

describe('a proxy', () => {
  /** Starts a proxy that answers http requests and tunnels https; `seen` has the targets and credentials. */
  const proxyServer = async () => {
    const seen: string[] = [];
    const server = createServer(({ url = '', headers }, response) => {
      seen.push(`${url} ${headers['proxy-authorization'] ?? 'anonymous'}`);
      response.end('from the proxy');
    });
    server.on('connect', ({ url = '', headers }, socket: Socket) => {
      seen.push(`CONNECT ${url} ${headers['proxy-authorization'] ?? 'anonymous'}`);
      const upstream = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(upstream).pipe(socket);
      });
      for (const end of [socket, upstream]) end.on('error', () => {});
    });
    return { url: `http://127.0.0.1:${await listen(server)}`, seen };
  };

  it('of proxy_url receives requests for an http address, with its credentials', async () => {
    const { url, seen } = await proxyServer();
    const proxyUrl = new Secret(url.replace('//', '//scraper:p%40ss@'));
    expect(await get('http://zeebe.test/v1/topology', { proxyUrl })).toBe('from the proxy');
    expect(seen).toEqual([`http://zeebe.test/v1/topology Basic ${Buffer.from('scraper:p@ss').toString('base64')}`]);
  });

  it('of proxy_url tunnels to an https address, whose certificate is verified as configured', async () => {
    const { url, seen } = await proxyServer();
    const target = await httpsServer(certificate, (_, response) => response.end('through the tunnel'));
    const proxyUrl = new Secret(url);
    const trusted = { ca: certificate.cert, insecureSkipVerify: false };
    expect(await get(target, { proxyUrl, tls: trusted })).toBe('through the tunnel');
    expect(await get(target, { proxyUrl })).toBe('tls');
    expect(seen[0]).toBe(`CONNECT ${new URL(target).host} anonymous`);
  });

  it('of the environment is chosen per origin, since an issuer and its token endpoint may differ', async () => {
    const { url } = await proxyServer();
    const direct = await httpServer((_, response) => response.end('direct'));
    vi.stubEnv('HTTP_PROXY', url);
    vi.stubEnv('NO_PROXY', '127.0.0.0/8');
    const dispatcher = createDispatcher({ tls: { insecureSkipVerify: false }, enableHttp2: false }, longTimeout);
    onTestFinished(() => dispatcher.destroy());
    const ask = async (address: string) => (await request(address, { dispatcher })).body.text();
    expect(await ask('http://zeebe.test/')).toBe('from the proxy');
    expect(await ask(direct)).toBe('direct');
    expect(await ask('http://zeebe.test/')).toBe('from the proxy');
  });

  it('of HTTP_PROXY is used except for hosts in NO_PROXY', async () => {
    const { url } = await proxyServer();
    const direct = await httpServer((_, response) => response.end('direct'));
    vi.stubEnv('HTTP_PROXY', url);
    expect(await get(direct)).toBe('from the proxy');
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    expect(await get(direct)).toBe('direct');
  });

  it('of proxy_url has precedence over HTTP_PROXY and NO_PROXY', async () => {
    const { url } = await proxyServer();
    const direct = await httpServer((_, response) => response.end('direct'));
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${await closedPort()}`);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    expect(await get(direct, { proxyUrl: new Secret(url) })).toBe('from the proxy');
  });

  it.each([403, 407, 502])('that answers %i to CONNECT is a connect failure', async (status) => {
    const server = createServer().on('connect', (_, socket: Socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
    const proxyUrl = new Secret(`http://127.0.0.1:${await listen(server)}`);
    expect(await get('https://zeebe.test/', { proxyUrl })).toBe('connect');
  });

  it('that answers 407 for an http address is a connect failure', async () => {
    const url = await httpServer((_, response) => response.writeHead(407).end());
    expect(await get('http://zeebe.test/', { proxyUrl: new Secret(url) })).toBe('connect');
  });

  it('where nothing listens is a connect failure', async () => {
    const proxyUrl = new Secret(`http://127.0.0.1:${await closedPort()}`);
    expect(await get('http://zeebe.test/', { proxyUrl })).toBe('connect');
    expect(await get('https://zeebe.test/', { proxyUrl })).toBe('connect');
  });

  it.each([
    'http',
    'https',
  ])('that cannot be reached is reported as ProxyError without credentials: %s', async (scheme) => {
    const host = `127.0.0.1:${await closedPort()}`;
    const proxyUrl = new Secret(`http://scraper:open-sesame@${host}`);
    const errors = await errorsOf(`${scheme}://zeebe.test/`, { proxyUrl });
    expect(errors.find((error) => error instanceof ProxyError)).toMatchObject({ host });
    expect(inspect(errors)).not.toContain('open-sesame');
  });

  it('with an untrusted certificate is reported as ProxyError', async () => {
    const { url } = await tunnelingProxy(certificate);
    const errors = await errorsOf('https://zeebe.test/', { proxyUrl: new Secret(url) });
    expect(errors.find((error) => error instanceof ProxyError)).toMatchObject({ host: new URL(url).host });
  });

  it('is not reported for an untrusted certificate of the target', async () => {
    const target = await httpsServer(certificate, (_, response) => response.end('hello'));
    const errors = await errorsOf(target, { proxyUrl: new Secret((await tunnelingProxy()).url) });
    expect(errors).not.toEqual([]);
    expect(errors.filter((error) => error instanceof ProxyError)).toEqual([]);
  });
});

describe('a response', () => {
  /** Starts a server whose responses end only when the client closes the connection. */
  const endlessServer = async () => {
    const closed = Promise.withResolvers<void>();
    const url = await httpServer((_, response) => {
      const chunk = Buffer.alloc(1024 * 1024, 'a');
      const write = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', write).on('close', closed.resolve);
      write();
    });
    return { url, closed: closed.promise };
  };

  it('of more than 16 MiB is aborted while it arrives', async () => {
    const { url, closed } = await endlessServer();
    expect(await get(url)).toBe('too_large');
    await closed;
  });

  it('of more than 16 MiB from a proxy is aborted while it arrives', async () => {
    const { url, closed } = await endlessServer();
    expect(await get('http://zeebe.test/', { proxyUrl: new Secret(url) })).toBe('too_large');
    await closed;
  });

  it('of 16 MiB is read', async () => {
    const body = Buffer.alloc(16 * 1024 * 1024, 'a');
    const url = await httpServer((_, response) => response.end(body));
    expect((await get(url)).length).toBe(body.length);
  });
});

it('a dispatcher keeps the connection alive for later requests', async () => {
  const server = createServer((_, response) => response.end('hello'));
  let connections = 0;
  server.on('connection', () => connections++);
  const url = `http://127.0.0.1:${await listen(server)}/`;
  const dispatcher = createDispatcher({ tls: { insecureSkipVerify: false }, enableHttp2: false }, longTimeout);
  onTestFinished(() => dispatcher.destroy());
  for (let count = 0; count < 10; count++) {
    const { body } = await request(url, { dispatcher });
    await body.text();
  }
  expect(connections).toBe(1);
});
