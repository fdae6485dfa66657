import type { RequestListener } from 'node:http';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { connect } from '../../src/cluster/connection.ts';
import type { ClusterConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/secret.ts';
import { proxyCredentials, proxyFor } from '../../src/transport/proxy.ts';
import { neverAborted } from '../auth/asking.ts';
import { oauth2Config } from '../auth/oauth2-config.ts';
import { told } from '../failure-texts.ts';
import { clusterConfig } from '../polls.ts';
import { httpServer } from './loopback.ts';
import { withoutProxy } from './without-proxy.ts';

beforeEach(withoutProxy);
afterEach(() => {
  vi.unstubAllEnvs();
});

const password = 'open&sesame%0815';
const inUrl = encodeURIComponent(password);
const basic = Buffer.from(`scraper:${password}`).toString('base64').replace(/=+$/, '');

/** Answers as a proxy that quotes the credentials that it was sent, encoded and decoded. */
const echoing =
  (status: number): RequestListener =>
  ({ url, headers }, response) => {
    const { 'proxy-authorization': sent = '' } = headers;
    const decoded = Buffer.from(sent.replace('Basic ', ''), 'base64').toString();
    const shown = `${url} ${sent} ${decoded} ${encodeURIComponent(decoded)}`;
    response.writeHead(status, { 'content-type': 'application/json', location: `/?${encodeURIComponent(shown)}` });
    response.end(JSON.stringify({ error: 'invalid_request', error_description: shown, brokers: shown }));
  };

/** Returns the result of a poll of a cluster as JSON. */
async function textsOf(config: Partial<ClusterConfig>): Promise<string> {
  const { poll, close } = connect(clusterConfig({ address: new URL('http://zeebe.test/'), ...config }), systemClock);
  onTestFinished(close);
  const result = await poll(neverAborted);
  const failures = [result.outcome.ok ? undefined : result.outcome.failure, result.authentication.failure];
  return JSON.stringify([result, failures.map((failure) => failure && told(failure))]);
}

describe('the credentials of a proxy that quotes them', () => {
  const statuses = [200, 302, 400, 401, 403, 404, 407, 429, 500, 503];
  const proxyWith = async (status: number) => {
    const url = await httpServer(echoing(status));
    return url.replace('//', `//scraper:${inUrl}@`);
  };
  const expectHidden = (texts: string) => {
    for (const secret of [password, inUrl, basic]) expect(texts).not.toContain(secret);
  };

  it.each(statuses)('are hidden in the result of a poll through it with status %i', async (status) => {
    const transport = {
      tls: { insecureSkipVerify: false },
      enableHttp2: false,
      proxyUrl: new Secret(await proxyWith(status)),
    };
    const texts = await textsOf({ transport });
    expect(texts).toMatch(/answered \d+|Proxy|proxy/);
    expectHidden(texts);
  });

  it.each(statuses)('are hidden in the result of a token request through it with status %i', async (status) => {
    const transport = {
      tls: { insecureSkipVerify: false },
      enableHttp2: false,
      proxyUrl: new Secret(await proxyWith(status)),
    };
    const texts = await textsOf({ authentication: oauth2Config({ transport }), transport });
    expect(texts).toContain('POST http://identity.test/token');
    expectHidden(texts);
  });

  it.each(['HTTP_PROXY', 'http_proxy'])('are hidden if the proxy is that of %s', async (variable) => {
    vi.stubEnv(variable, await proxyWith(500));
    const ofCluster = await textsOf({});
    expect(ofCluster).toContain('<secret>');
    expectHidden(ofCluster);
    const ofToken = await textsOf({ authentication: oauth2Config() });
    expect(ofToken).toContain('<secret>');
    expectHidden(ofToken);
  });
});

describe('the proxy of an address', () => {
  const through = (address: string, proxyUrl?: string) =>
    proxyFor(new URL(address), proxyUrl === undefined ? {} : { proxyUrl: new Secret(proxyUrl) })?.href;

  it('is that of proxy_url, with precedence over the environment', () => {
    vi.stubEnv('HTTP_PROXY', 'http://environment:3128');
    vi.stubEnv('NO_PROXY', '*');
    expect(through('http://zeebe.test/', 'http://configured:3128/')).toBe('http://configured:3128/');
  });

  it('is none if neither proxy_url nor the environment sets one', () => {
    expect(through('http://zeebe.test/')).toBeUndefined();
    expect(through('https://zeebe.test/')).toBeUndefined();
  });

  it('is that of HTTP_PROXY or HTTPS_PROXY by scheme, and https falls back to HTTP_PROXY', () => {
    vi.stubEnv('HTTP_PROXY', 'http://plain:3128/');
    expect(through('http://zeebe.test/')).toBe('http://plain:3128/');
    expect(through('https://zeebe.test/')).toBe('http://plain:3128/');
    vi.stubEnv('HTTPS_PROXY', 'http://tunnel:3128/');
    expect(through('http://zeebe.test/')).toBe('http://plain:3128/');
    expect(through('https://zeebe.test/')).toBe('http://tunnel:3128/');
    vi.stubEnv('HTTP_PROXY', undefined);
    expect(through('http://zeebe.test/')).toBeUndefined();
  });

  it('has the scheme http if the variable has none, as in curl and Go', () => {
    vi.stubEnv('HTTP_PROXY', 'proxy:3128');
    vi.stubEnv('HTTPS_PROXY', 'scraper:open-sesame@proxy.test');
    expect(through('http://zeebe.test/')).toBe('http://proxy:3128/');
    expect(through('https://zeebe.test/')).toBe('http://scraper:open-sesame@proxy.test/');
    expect(proxyCredentials({})).toContain('open-sesame');
  });

  it('is rejected if it is not an HTTP proxy', () => {
    vi.stubEnv('HTTP_PROXY', 'socks5://scraper:open-sesame@proxy:1080');
    expect(() => through('http://zeebe.test/')).toThrow(
      /^expected the URL of an HTTP proxy, such as http:\/\/proxy:3128$/,
    );
  });

  it('is that of the lower-case variable if both are set, and none if that is empty', () => {
    vi.stubEnv('HTTP_PROXY', 'http://upper:3128/');
    vi.stubEnv('http_proxy', 'http://lower:3128/');
    vi.stubEnv('NO_PROXY', '*');
    vi.stubEnv('no_proxy', 'elsewhere.test');
    expect(through('http://zeebe.test/')).toBe('http://lower:3128/');
    vi.stubEnv('http_proxy', '');
    expect(through('http://zeebe.test/')).toBeUndefined();
  });

  it.each([
    ['*', 'http://zeebe.test'],
    ['elsewhere, *', 'http://10.0.0.1'],
    ['*:8080', 'http://zeebe.test:8080'],
    ['zeebe.test', 'http://zeebe.test'],
    ['zeebe.test', 'http://Zeebe.TEST.:8080'],
    ['ZEEBE.Test.', 'https://zeebe.test'],
    ['test', 'http://zeebe.test'],
    ['.test', 'http://zeebe.test'],
    ['.zeebe.test', 'http://zeebe.test'],
    ['*.test', 'http://zeebe.test'],
    ['zeebe.test:80', 'http://zeebe.test'],
    ['zeebe.test:443', 'https://zeebe.test'],
    ['zeebe.test:8080', 'http://zeebe.test:8080'],
    ['a,b zeebe.test\tc', 'http://zeebe.test'],
    [' , ,zeebe.test, ', 'http://zeebe.test'],
    ['127.0.0.1', 'http://127.0.0.1'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['127.0.0.0/8', 'http://127.0.0.1:8080'],
    ['127.9.9.9/8', 'http://127.0.0.1'],
    ['a,10.96.0.0/12 b', 'https://10.111.255.255'],
    ['0.0.0.0/0', 'http://203.0.113.7'],
    ['10.0.0.1/32', 'http://10.0.0.1'],
    ['127.0.0.0/8', 'http://[::ffff:127.0.0.1]'],
    ['::1', 'http://[::1]:8080'],
    ['[::1]', 'http://[::1]'],
    ['[::1]:8080', 'http://[::1]:8080'],
    ['0:0::0:1', 'http://[::1]'],
    ['fd00::/8', 'https://[fd12:3456::1]'],
    ['::/0', 'http://[2001:db8::1]'],
  ])('is none if NO_PROXY=%j matches %s', (noProxy, address) => {
    vi.stubEnv('HTTP_PROXY', 'http://proxy:3128/');
    vi.stubEnv('NO_PROXY', noProxy);
    expect(through(address)).toBeUndefined();
  });

  it.each([
    ['', 'http://zeebe.test'],
    ['eebe.test', 'http://zeebe.test'],
    ['a.zeebe.test', 'http://zeebe.test'],
    ['*.zeebe.test', 'http://zeebe.test'],
    ['*:8080', 'http://zeebe.test'],
    ['zeebe.test:8080', 'http://zeebe.test'],
    ['zeebe.test:443', 'http://zeebe.test'],
    ['.', 'http://zeebe.test'],
    ['127.0.0.1:8080', 'http://127.0.0.1'],
    ['127.0.0.0/8', 'http://128.0.0.1'],
    ['127.0.0.0/8', 'http://localhost'],
    ['10.96.0.0/12', 'http://10.112.0.0'],
    ['10.0.0.1/32', 'http://10.0.0.2'],
    ['10.0.0.1', 'http://10.0.0.10'],
    ['10.0.0.0/33', 'http://10.0.0.0'],
    ['10.0.0.0/-1', 'http://10.0.0.0'],
    ['10.0.0.0/', 'http://10.0.0.0'],
    ['10.0.0.0/x', 'http://10.0.0.0'],
    ['fd00::/8', 'http://[fe80::1]'],
    ['fd00::/129', 'http://[fd00::]'],
    ['[::1]:8080', 'http://[::1]'],
    ['::/0', 'http://zeebe.test'],
  ])('is used if NO_PROXY=%j does not match %s', (noProxy, address) => {
    vi.stubEnv('HTTP_PROXY', 'http://proxy:3128/');
    vi.stubEnv('NO_PROXY', noProxy);
    expect(through(address)).toBe('http://proxy:3128/');
  });

  it('is resolved for any NO_PROXY', () => {
    vi.stubEnv('HTTP_PROXY', 'http://proxy:3128/');
    const entry = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[\d.:[\]*/a-f, ]{0,20}$/),
      fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer()).map(([address, prefix]) => `${address}/${prefix}`),
    );
    fc.assert(
      fc.property(
        entry,
        fc.constantFrom('http://zeebe.test', 'http://10.0.0.1', 'https://[fd00::1]:8443'),
        (no, address) => {
          vi.stubEnv('NO_PROXY', no.replaceAll('\0', ''));
          expect([undefined, 'http://proxy:3128/']).toContain(through(address));
        },
      ),
    );
  });
});
