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

const patient = 60_000;

/** The body of an answer, or the reason why there is none. */
async function get(url: string, transport: Partial<TransportConfig> = {}): Promise<string> {
  const dispatcher = createDispatcher(
    { tls: { insecureSkipVerify: false }, enableHttp2: false, ...transport },
    patient,
  );
  onTestFinished(() => dispatcher.destroy());
  try {
    const { body } = await request(url, { dispatcher });
    return await body.text();
  } catch (error) {
    return transportFailureOf(error).reason;
  }
}

/** What a request rejects with, and its causes. */
async function errorsOf(url: string, transport: Partial<TransportConfig>): Promise<readonly Error[]> {
  const dispatcher = createDispatcher(
    { tls: { insecureSkipVerify: false }, enableHttp2: false, ...transport },
    patient,
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

  it('is refused with a certificate of an unknown CA', async () => {
    expect(await get(await hello())).toBe('tls');
  });

  it('is taken with a certificate of the CA that is configured', async () => {
    expect(await get(await hello(), tls({ ca: certificate.cert }))).toBe('hello');
  });

  it('is taken with any certificate where verification is off', async () => {
    expect(await get(await hello(), tls({ insecureSkipVerify: true }))).toBe('hello');
  });

  it('is verified against the configured server name', async () => {
    const ca = certificate.cert;
    expect(await get(await hello(), tls({ ca, serverName: 'localhost' }))).toBe('hello');
    expect(await get(await hello(), tls({ ca, serverName: 'zeebe.example' }))).toBe('tls');
  });

  it('shows the client certificate', async () => {
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
  ] as const)('of a server with %s at most, here %j at least, gives %s', async (most, least, given) => {
    const options = { ...certificate, minVersion: 'TLSv1', maxVersion: most, ciphers: 'ALL:@SECLEVEL=0' } as const;
    const url = await httpsServer(options, ({ socket }, response) => response.end((socket as TLSSocket).getProtocol()));
    expect(await get(url, tls({ ca: certificate.cert, ...least }))).toBe(given);
  });

  it('fails as such where the server does not speak it', async () => {
    const port = await tcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await get(`https://127.0.0.1:${port}/`)).toBe('tls');
  });
});

describe('a proxy', () => {
  /** Forwards http and tunnels https; `seen` are the requests' targets and credentials. */
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

  it('is asked for an http address, with its credentials', async () => {
    const { url, seen } = await proxyServer();
    const proxyUrl = new Secret(url.replace('//', '//scraper:p%40ss@'));
    expect(await get('http://zeebe.test/v1/topology', { proxyUrl })).toBe('from the proxy');
    expect(seen).toEqual([`http://zeebe.test/v1/topology Basic ${Buffer.from('scraper:p@ss').toString('base64')}`]);
  });

  it('tunnels to an https address, whose certificate is verified as configured', async () => {
    const { url, seen } = await proxyServer();
    const target = await httpsServer(certificate, (_, response) => response.end('through the tunnel'));
    const proxyUrl = new Secret(url);
    const trusted = { ca: certificate.cert, insecureSkipVerify: false };
    expect(await get(target, { proxyUrl, tls: trusted })).toBe('through the tunnel');
    expect(await get(target, { proxyUrl })).toBe('tls');
    expect(seen[0]).toBe(`CONNECT ${new URL(target).host} anonymous`);
  });

  it('of the environment is that of each origin: an issuer and its token endpoint may be two', async () => {
    const { url } = await proxyServer();
    const direct = await httpServer((_, response) => response.end('direct'));
    vi.stubEnv('HTTP_PROXY', url);
    vi.stubEnv('NO_PROXY', '127.0.0.0/8');
    const dispatcher = createDispatcher({ tls: { insecureSkipVerify: false }, enableHttp2: false }, patient);
    onTestFinished(() => dispatcher.destroy());
    const ask = async (address: string) => (await request(address, { dispatcher })).body.text();
    expect(await ask('http://zeebe.test/')).toBe('from the proxy');
    expect(await ask(direct)).toBe('direct');
    expect(await ask('http://zeebe.test/')).toBe('from the proxy');
  });

  it('is taken from the environment, but for the hosts named there', async () => {
    const { url } = await proxyServer();
    const direct = await httpServer((_, response) => response.end('direct'));
    vi.stubEnv('HTTP_PROXY', url);
    expect(await get(direct)).toBe('from the proxy');
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    expect(await get(direct)).toBe('direct');
  });

  it('that is configured is used whatever the environment says', async () => {
    const { url } = await proxyServer();
    const direct = await httpServer((_, response) => response.end('direct'));
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${await closedPort()}`);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    expect(await get(direct, { proxyUrl: new Secret(url) })).toBe('from the proxy');
  });

  it.each([403, 407, 502])('that answers %i to CONNECT fails the connection', async (status) => {
    const server = createServer().on('connect', (_, socket: Socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
    const proxyUrl = new Secret(`http://127.0.0.1:${await listen(server)}`);
    expect(await get('https://zeebe.test/', { proxyUrl })).toBe('connect');
  });

  it('that wants credentials for an http address fails the connection', async () => {
    const url = await httpServer((_, response) => response.writeHead(407).end());
    expect(await get('http://zeebe.test/', { proxyUrl: new Secret(url) })).toBe('connect');
  });

  it('where nothing listens fails the connection', async () => {
    const proxyUrl = new Secret(`http://127.0.0.1:${await closedPort()}`);
    expect(await get('http://zeebe.test/', { proxyUrl })).toBe('connect');
    expect(await get('https://zeebe.test/', { proxyUrl })).toBe('connect');
  });

  it.each(['http', 'https'])('that is not reached is told apart from its target, which is at %s', async (scheme) => {
    const host = `127.0.0.1:${await closedPort()}`;
    const proxyUrl = new Secret(`http://scraper:open-sesame@${host}`);
    const errors = await errorsOf(`${scheme}://zeebe.test/`, { proxyUrl });
    expect(errors.find((error) => error instanceof ProxyError)).toMatchObject({ host });
    expect(inspect(errors)).not.toContain('open-sesame');
  });

  it('whose certificate is not trusted is told apart from its target', async () => {
    const { url } = await tunnelingProxy(certificate);
    const errors = await errorsOf('https://zeebe.test/', { proxyUrl: new Secret(url) });
    expect(errors.find((error) => error instanceof ProxyError)).toMatchObject({ host: new URL(url).host });
  });

  it('before a target that is not trusted is not what failed', async () => {
    const target = await httpsServer(certificate, (_, response) => response.end('hello'));
    const errors = await errorsOf(target, { proxyUrl: new Secret((await tunnelingProxy()).url) });
    expect(errors).not.toEqual([]);
    expect(errors.filter((error) => error instanceof ProxyError)).toEqual([]);
  });
});

describe('an answer', () => {
  /** Only a client that hangs up ends its answers. */
  const endlessServer = async () => {
    const hungUp = Promise.withResolvers<void>();
    const url = await httpServer((_, response) => {
      const chunk = Buffer.alloc(1024 * 1024, 'a');
      const write = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', write).on('close', hungUp.resolve);
      write();
    });
    return { url, hungUp: hungUp.promise };
  };

  it('of more than 16 MiB is refused while it arrives', async () => {
    const { url, hungUp } = await endlessServer();
    expect(await get(url)).toBe('too_large');
    await hungUp;
  });

  it('of more than 16 MiB is refused from a proxy, too', async () => {
    const { url, hungUp } = await endlessServer();
    expect(await get('http://zeebe.test/', { proxyUrl: new Secret(url) })).toBe('too_large');
    await hungUp;
  });

  it('of 16 MiB is taken', async () => {
    const body = Buffer.alloc(16 * 1024 * 1024, 'a');
    const url = await httpServer((_, response) => response.end(body));
    expect((await get(url)).length).toBe(body.length);
  });
});

it('keeps the connection for later requests', async () => {
  const server = createServer((_, response) => response.end('hello'));
  let connections = 0;
  server.on('connection', () => connections++);
  const url = `http://127.0.0.1:${await listen(server)}/`;
  const dispatcher = createDispatcher({ tls: { insecureSkipVerify: false }, enableHttp2: false }, patient);
  onTestFinished(() => dispatcher.destroy());
  for (let count = 0; count < 10; count++) {
    const { body } = await request(url, { dispatcher });
    await body.text();
  }
  expect(connections).toBe(1);
});
