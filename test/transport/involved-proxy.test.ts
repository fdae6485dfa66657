import { createServer as createTcpServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { connect } from '../../src/cluster/connection.ts';
import type { ClusterConfig, TransportConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/secret.ts';
import { proxyInFrontOf } from '../../src/transport/proxy.ts';
import { neverAborted } from '../auth/asking.ts';
import { oauth2Config } from '../auth/oauth2-config.ts';
import { told } from '../failure-texts.ts';
import { clusterConfig } from '../polls.ts';
import { closingTunnel, faultyProxies } from './faulty-proxies.ts';
import { expired } from './issued-certificates.ts';
import { closedPort, httpServer, httpsServer, listen } from './loopback.ts';
import { tunnelingProxy } from './tunnel.ts';
import { withoutProxy } from './without-proxy.ts';

beforeEach(withoutProxy);
afterEach(() => {
  vi.unstubAllEnvs();
});

async function failureOf(config: Partial<ClusterConfig>) {
  const { poll, close } = connect(clusterConfig(config), systemClock);
  onTestFinished(close);
  const { outcome, authentication } = await poll(neverAborted);
  if (outcome.ok) throw new Error('expected a failure');
  return told(authentication.failure ?? outcome.failure);
}

/** Returns why a poll through the proxy fails: at the cluster or, with `isToken`, at the identity provider. */
function failureThrough(
  proxy: string | undefined,
  scheme: string,
  isToken: boolean,
  config: Partial<ClusterConfig> = {},
  port = '',
) {
  const transport: TransportConfig = {
    tls: { insecureSkipVerify: false },
    enableHttp2: false,
    ...(proxy !== undefined && { proxyUrl: new Secret(proxy) }),
  };
  const endpoint = { tokenUrl: new URL(`${scheme}//identity.test${port}/token`) };
  return failureOf({
    address: new URL(`${scheme}//zeebe.test${port}/`),
    transport,
    ...(isToken && { authentication: oauth2Config({ transport, endpoint }) }),
    ...config,
  });
}

const unusable = (address: string) =>
  `check that the proxy ${address} runs and can be reached from here, and its address in proxy_url`;
const unauthenticated = (address: string) =>
  `the proxy ${address} asks for credentials: write a user name and password that it accepts into its URL in proxy_url`;
const forbidding = (address: string) => `let the proxy ${address} of proxy_url allow connections to this address`;

const faults = [
  ['http:', 'where nothing listens', /^connect ECONNREFUSED 127/, unusable],
  ['https:', 'where nothing listens', /^connect ECONNREFUSED 127/, unusable],
  ['http:', 'that answers 407', /^answered 407$/, unauthenticated],
  ['https:', 'that answers 407', /^answered 407$/, unauthenticated],
  ['https:', 'that answers 403', /^answered 403$/, forbidding],
  ['https:', 'that answers 502', /^answered 502$/, forbidding],
  ['http:', 'that closes the connection at once', /^other side closed \(UND_ERR_SOCKET\)$/, unusable],
  ['https:', 'that closes the connection at once', /^other side closed \(UND_ERR_PRX_CONN\)$/, unusable],
  ['http:', 'that closes the connection on a request', /^other side closed \(UND_ERR_SOCKET\)$/, unusable],
  ['https:', 'that closes the connection on a request', /^other side closed \(UND_ERR_PRX_CONN\)$/, unusable],
] as const;

const requests = [
  ['a cluster', false, 'connect', 'GET %//zeebe.test/v1/topology'],
  ['a token endpoint', true, 'token_endpoint_unreachable', 'POST %//identity.test/token'],
] as const;

describe.each(requests)('a request to %s', (_, isToken, reason, asked) => {
  it.each(faults)('over %s through a proxy %s fails at the proxy', async (scheme, fault, found, remedy) => {
    const address = `127.0.0.1:${await faultyProxies[fault]()}`;
    const failure = await failureThrough(`http://scraper:open-sesame@${address}`, scheme, isToken);
    expect(failure).toEqual({ reason, message: expect.any(String), remedy: remedy(address) });
    const [before, what] = failure.message.split(` failed: proxy ${address}: `);
    expect(before).toBe(asked.replace('%', scheme));
    expect(what).toMatch(found);
  });

  it.each([
    ['http:', 'HTTP_PROXY', 'HTTP_PROXY'],
    ['https:', 'HTTP_PROXY', 'HTTPS_PROXY or HTTP_PROXY'],
    ['https:', 'https_proxy', 'HTTPS_PROXY or HTTP_PROXY'],
  ])('over %s fails at the proxy of %s, which is named without its credentials', async (scheme, variable, setting) => {
    const address = `127.0.0.1:${await closedPort()}`;
    vi.stubEnv(variable, `http://scraper:open-sesame@${address}`);
    const { message, remedy } = await failureThrough(undefined, scheme, isToken);
    expect(message).toContain(` failed: proxy ${address}: connect ECONNREFUSED`);
    expect(remedy).toBe(
      `check that the proxy ${address} runs and can be reached from here, and its address in ${setting}`,
    );
  });

  it('through a tunnel that is closed is reported to fail at the proxy or behind it', async () => {
    const address = `127.0.0.1:${await closingTunnel()}`;
    const { reason: actual, message, remedy } = await failureThrough(`http://${address}`, 'https:', isToken);
    expect(actual).toBe(reason);
    expect(message).toMatch(new RegExp(` failed: through proxy ${address}: .*\\(ECONNRESET\\)$`));
    expect(remedy).toMatch(/^check that the (cluster|identity provider) runs/);
    expect(remedy).toMatch(new RegExp(`; the request goes through the proxy ${address} of proxy_url$`));
  });

  it('through a proxy that does not respond is reported to fail at the proxy or behind it', async () => {
    const address = `127.0.0.1:${await listen(createTcpServer())}`;
    const config = { pollTimeout: 300 };
    const { message, remedy } = await failureThrough(`http://${address}`, 'http:', isToken, config);
    expect(message).toContain(` failed: through proxy ${address}: no whole answer within 0.3 s`);
    expect(remedy).toMatch(new RegExp(`; the request goes through the proxy ${address} of proxy_url$`));
  });

  it('through a tunnel to a server with an invalid certificate fails at that server', async () => {
    const { port } = new URL(await httpsServer(expired, (_request, response) => response.end()));
    const { url } = await tunnelingProxy();
    const { message, remedy } = await failureThrough(url, 'https:', isToken, {}, `:${port}`);
    expect(message).toMatch(/ failed: (?!.*proxy)/);
    expect(remedy).toMatch(/^check the certificate of the (cluster|identity provider)/);
    expect(remedy).not.toContain('proxy');
  });

  it('through a proxy with an invalid certificate fails at the proxy', async () => {
    const { url } = await tunnelingProxy(expired);
    const { host } = new URL(url);
    const { message, remedy } = await failureThrough(url, 'https:', isToken);
    expect(message).toContain(` failed: proxy ${host}: `);
    expect(remedy).toBe(`check that the proxy ${host} runs and can be reached from here, and its address in proxy_url`);
  });
});

it('a truncated response through a proxy is reported to fail at the proxy or behind it', async () => {
  const proxy = await httpServer((_request, response) => {
    response.setHeader('content-length', 100).write('{', () => response.destroy());
  });
  const { host } = new URL(proxy);
  const { message, remedy } = await failureThrough(proxy, 'http:', false);
  expect(message).toContain(` failed: through proxy ${host}: `);
  expect(remedy).toMatch(new RegExp(`^check that the cluster runs.*; the request goes through the proxy ${host} of`));
});

it('a proxy is named with the default port if its URL has none', () => {
  const through = (proxy: string) => proxyInFrontOf(new URL('http://zeebe'), { proxyUrl: new Secret(proxy) })?.address;
  expect(through('http://scraper:open-sesame@squid')).toBe('squid:80');
  expect(through('https://squid')).toBe('squid:443');
  expect(through('http://[::1]:3128')).toBe('[::1]:3128');
});
