import { createServer as createTcpServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { closingTunnel, faultyProxies } from '../transport/faulty-proxies.ts';
import { closedPort, httpServer, listen } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { check, cluster, oauthEnv } from './checking.ts';

beforeEach(withoutProxy);
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Returns the failed step of the check of a cluster behind the proxy. */
async function failedStepThrough(proxy: string, scheme: string, ...settings: readonly string[]) {
  const lines = ['name: one', `address: ${scheme}//zeebe.test`, `proxy_url: ${proxy}`, ...settings];
  const file = ['clusters:', '  -', ...lines.map((line) => `    ${line}`)].join('\n');
  const { failedStep, text, exitCode } = await check({ file });
  expect(exitCode).toBe(1);
  expect(text).not.toContain('open-sesame');
  return failedStep;
}

const unusable = (address: string, what: string) => [
  expect.stringMatching(new RegExp(`^The proxy ${address} cannot be reached, or closed the connection: ${what}.*\\.$`)),
  `Check that the proxy ${address} runs and can be reached from here, and its address in proxy_url.`,
];
const unauthenticated = (address: string) => [
  `The proxy ${address} requires a user name and password (407).`,
  `The proxy ${address} asks for credentials: write a user name and password that it accepts into its URL in proxy_url.`,
];
const forbidding = (address: string, what: string, host: string) => [
  `The proxy ${address} refused to connect to port 443 of ${host}: it returned HTTP ${what}.`,
  `Let the proxy ${address} of proxy_url allow connections to this address. Remove proxy_url if the proxy is not needed.`,
];

const faults = [
  ['http:', 'where nothing listens', unusable, 'connect ECONNREFUSED'],
  ['https:', 'where nothing listens', unusable, 'connect ECONNREFUSED'],
  ['http:', 'that answers 407', unauthenticated, ''],
  ['https:', 'that answers 407', unauthenticated, ''],
  ['https:', 'that answers 403', forbidding, '403'],
  ['https:', 'that answers 502', forbidding, '502'],
  ['http:', 'that closes the connection at once', unusable, 'other side closed'],
  ['https:', 'that closes the connection at once', unusable, 'other side closed'],
  ['http:', 'that closes the connection on a request', unusable, 'other side closed'],
  ['https:', 'that closes the connection on a request', unusable, 'other side closed'],
] as const;

describe('check: a proxy', () => {
  it.each(faults)('(%s) %s is reported instead of the cluster behind it', async (scheme, fault, told, what) => {
    const address = `127.0.0.1:${await faultyProxies[fault]()}`;
    const failedStep = await failedStepThrough(`http://scraper:open-sesame@${address}`, scheme);
    expect(failedStep).toEqual(['Topology', ...told(address, what, 'zeebe.test')]);
  });

  it.each(
    faults,
  )('(%s) %s is reported instead of the identity provider behind it', async (scheme, fault, told, what) => {
    const address = `127.0.0.1:${await faultyProxies[fault]()}`;
    const oauth2 = `oauth2: { client_id: a, client_secret: b, token_url: '${scheme}//identity.test/token' }`;
    const failedStep = await failedStepThrough(`http://scraper:open-sesame@${address}`, scheme, oauth2);
    expect(failedStep).toEqual(['Token request', ...told(address, what, 'identity.test')]);
  });

  it('of the environment is named, and NO_PROXY as the way around it', async () => {
    const address = `127.0.0.1:${await faultyProxies['that answers 403']()}`;
    vi.stubEnv('HTTPS_PROXY', `http://scraper:open-sesame@${address}`);
    const { failedStep, text } = await check({ env: { ZEEBE_REST_ADDRESS: 'https://zeebe.test:8443' } });
    expect(text).toContain(
      `  - Connection to the cluster: requests go through the proxy ${address} (HTTPS_PROXY or HTTP_PROXY)\n`,
    );
    expect(text).not.toContain('open-sesame');
    expect(failedStep).toEqual([
      'Topology',
      `The proxy ${address} refused to connect to port 8443 of zeebe.test: it returned HTTP 403.`,
      `Let the proxy ${address} of HTTPS_PROXY or HTTP_PROXY allow connections to this address. ` +
        'Add zeebe.test to NO_PROXY if the proxy is not needed.',
    ]);
  });

  it('of the environment is named if only requests to the identity provider fail at it', async () => {
    const { address } = await cluster();
    const proxy = `127.0.0.1:${await closedPort()}`;
    vi.stubEnv('HTTP_PROXY', `http://${proxy}`);
    vi.stubEnv('NO_PROXY', '127.0.0.0/8');
    const { failedStep } = await check({ env: oauthEnv(address, 'http://identity.test/token') });
    expect(failedStep).toEqual([
      'Token request',
      `The proxy ${proxy} cannot be reached, or closed the connection: connect ECONNREFUSED ${proxy}.`,
      `Check that the proxy ${proxy} runs and can be reached from here, and its address in HTTP_PROXY.`,
    ]);
  });

  it('whose tunnel is closed is named besides the cluster, since either may be the cause', async () => {
    const address = `127.0.0.1:${await closingTunnel()}`;
    const [, problem, change] = await failedStepThrough(`http://${address}`, 'https:');
    expect(problem).toMatch(
      new RegExp(`^GET https://zeebe.test/v1/topology failed: through proxy ${address}: .*\\(ECONNRESET\\)\\.$`),
    );
    expect(change).toBe(
      'Check that the cluster runs, and that the port and http or https in address are right; ' +
        `the request goes through the proxy ${address} of proxy_url.`,
    );
  });

  it('that does not answer is named besides the server behind it', async () => {
    const address = `127.0.0.1:${await listen(createTcpServer())}`;
    const proxy = `http://${address}`;
    expect(await failedStepThrough(proxy, 'http:', 'poll_timeout: 300ms')).toEqual([
      'Topology',
      `The cluster, or the proxy ${address} in front of it, did not answer within 0.3 s.`,
      'Check the cluster and the network; poll_timeout says how long a poll may take; ' +
        `the request goes through the proxy ${address} of proxy_url.`,
    ]);
    const oauth2 = `oauth2: { client_id: a, client_secret: b, token_url: 'http://identity.test/token' }`;
    expect(await failedStepThrough(proxy, 'http:', 'poll_timeout: 300ms', oauth2)).toEqual([
      'Token request',
      `The identity provider, or the proxy ${address} in front of it, did not answer within 0.3 s.`,
      'Check the identity provider and the network; poll_timeout sets how long to wait.',
    ]);
  });

  it('that answers 403 to plain http is named besides the cluster', async () => {
    const proxy = await httpServer((_request, response) => response.writeHead(403).end());
    const { host } = new URL(proxy);
    expect((await failedStepThrough(proxy, 'http:')).at(-1)).toBe(
      `Grant clients without credentials permission to read the cluster, or check the proxy ${host} (proxy_url), ` +
        'or the ingress or firewall in front of it.',
    );
  });
});
