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

/** What the check of a cluster behind the proxy says. */
async function troubleThrough(proxy: string, scheme: string, ...settings: readonly string[]) {
  const lines = ['name: one', `address: ${scheme}//zeebe.test`, `proxy_url: ${proxy}`, ...settings];
  const file = ['clusters:', '  -', ...lines.map((line) => `    ${line}`)].join('\n');
  const { trouble, text, exitCode } = await check({ file });
  expect(exitCode).toBe(1);
  expect(text).not.toContain('open-sesame');
  return trouble;
}

const unusable = (address: string, what: string) => [
  expect.stringMatching(
    new RegExp(`^The proxy ${address} cannot be reached, or breaks the connection off: ${what}.*\\.$`),
  ),
  'Start the proxy, or correct proxy_url.',
];
const unauthenticated = (address: string) => [
  `The proxy ${address} asks for a user name and password (407).`,
  `Write those that it accepts into proxy_url: http://<user name>:<password>@${address}.`,
];
const forbidding = (address: string, what: string, host: string) => [
  `The proxy ${address} does not connect to port 443 of ${host}: it answers with status ${what}.`,
  'Allow that connection at the proxy, or remove proxy_url.',
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

describe('a proxy', () => {
  it.each(faults)('(%s) %s is at fault, not the cluster behind it', async (scheme, fault, told, what) => {
    const address = `127.0.0.1:${await faultyProxies[fault]()}`;
    const trouble = await troubleThrough(`http://scraper:open-sesame@${address}`, scheme);
    expect(trouble).toEqual(['Topology', ...told(address, what, 'zeebe.test')]);
  });

  it.each(faults)('(%s) %s is at fault, not the identity provider behind it', async (scheme, fault, told, what) => {
    const address = `127.0.0.1:${await faultyProxies[fault]()}`;
    const oauth2 = `oauth2: { client_id: a, client_secret: b, token_url: '${scheme}//identity.test/token' }`;
    const trouble = await troubleThrough(`http://scraper:open-sesame@${address}`, scheme, oauth2);
    expect(trouble).toEqual(['Token request', ...told(address, what, 'identity.test')]);
  });

  it('of the environment is named, and how to go without it', async () => {
    const address = `127.0.0.1:${await faultyProxies['that answers 403']()}`;
    vi.stubEnv('HTTPS_PROXY', `http://scraper:open-sesame@${address}`);
    const { trouble, text } = await check({ env: { ZEEBE_REST_ADDRESS: 'https://zeebe.test:8443' } });
    expect(text).toContain(
      `  - Connection to the cluster: requests go through the proxy ${address} of HTTPS_PROXY or HTTP_PROXY\n`,
    );
    expect(text).not.toContain('open-sesame');
    expect(trouble).toEqual([
      'Topology',
      `The proxy ${address} does not connect to port 8443 of zeebe.test: it answers with status 403.`,
      'Allow that connection at the proxy, or name zeebe.test in NO_PROXY.',
    ]);
  });

  it('of the environment is named where it is at fault for the identity provider alone', async () => {
    const { address } = await cluster();
    const proxy = `127.0.0.1:${await closedPort()}`;
    vi.stubEnv('HTTP_PROXY', `http://${proxy}`);
    vi.stubEnv('NO_PROXY', '127.0.0.0/8');
    const { trouble } = await check({ env: oauthEnv(address, 'http://identity.test/token') });
    expect(trouble).toEqual([
      'Token request',
      `The proxy ${proxy} cannot be reached, or breaks the connection off: connect ECONNREFUSED ${proxy}.`,
      'Start the proxy, or correct HTTP_PROXY.',
    ]);
  });

  it('whose tunnel breaks off is named, since the server behind it may be at fault as well', async () => {
    const address = `127.0.0.1:${await closingTunnel()}`;
    const [, problem, change] = await troubleThrough(`http://${address}`, 'https:');
    expect(problem).toMatch(
      new RegExp(`^GET https://zeebe.test/v1/topology failed: through proxy ${address}: .*\\(ECONNRESET\\)\\.$`),
    );
    expect(change).toBe(
      'Check that the cluster runs, and that the port and http or https in address are right; ' +
        `the request goes through the proxy ${address} of proxy_url.`,
    );
  });

  it('that is silent is named beside who is behind it', async () => {
    const address = `127.0.0.1:${await listen(createTcpServer())}`;
    const proxy = `http://${address}`;
    expect(await troubleThrough(proxy, 'http:', 'poll_timeout: 300ms')).toEqual([
      'Topology',
      `The cluster, or the proxy ${address} in front of it, does not answer within 0.3 s.`,
      'See whether the cluster is overloaded or just starting; poll_timeout says how long to wait.',
    ]);
    const oauth2 = `oauth2: { client_id: a, client_secret: b, token_url: 'http://identity.test/token' }`;
    expect(await troubleThrough(proxy, 'http:', 'poll_timeout: 300ms', oauth2)).toEqual([
      'Token request',
      `The identity provider, or the proxy ${address} in front of it, does not answer within 0.3 s.`,
      'See what is wrong with it; poll_timeout says how long to wait.',
    ]);
  });

  it('that answers 403 to http may be at fault as well as the cluster', async () => {
    const proxy = await httpServer((_request, response) => response.writeHead(403).end());
    const { host } = new URL(proxy);
    expect((await troubleThrough(proxy, 'http:')).at(-1)).toBe(
      `Give a client without credentials the right to read the cluster, or check the proxy ${host} of proxy_url, ` +
        'or the ingress or firewall in front of it.',
    );
  });
});
