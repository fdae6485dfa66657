import type { RequestListener } from 'node:http';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { ClusterConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/config/secret.ts';
import { connect } from '../../src/connect.ts';
import { neverAborted } from '../auth/asking.ts';
import { oauth2Config } from '../auth/oauth2-config.ts';
import { clusterConfig } from '../polls.ts';
import { httpServer } from './loopback.ts';
import { withoutProxy } from './without-proxy.ts';

beforeEach(withoutProxy);

const password = 'open&sesame%0815';
const inUrl = encodeURIComponent(password);
const basic = Buffer.from(`scraper:${password}`).toString('base64').replace(/=+$/, '');

/** A proxy that shows what it was sent, as it came and decoded. */
const echoing =
  (status: number): RequestListener =>
  ({ url, headers }, response) => {
    const { 'proxy-authorization': sent = '' } = headers;
    const decoded = Buffer.from(sent.replace('Basic ', ''), 'base64').toString();
    const shown = `${url} ${sent} ${decoded} ${encodeURIComponent(decoded)}`;
    response.writeHead(status, { 'content-type': 'application/json', location: `/?${encodeURIComponent(shown)}` });
    response.end(JSON.stringify({ error: 'invalid_request', error_description: shown, brokers: shown }));
  };

/** All that comes of a poll of a cluster behind the proxy. */
async function textsOf(config: Partial<ClusterConfig>): Promise<string> {
  const { poll, close } = connect(clusterConfig({ address: new URL('http://zeebe.test/'), ...config }), systemClock);
  onTestFinished(close);
  return JSON.stringify(await poll(neverAborted));
}

describe('the credentials of a proxy that shows them', () => {
  const statuses = [200, 302, 400, 401, 403, 404, 407, 429, 500, 503];
  const proxyWith = async (status: number) => {
    const url = await httpServer(echoing(status));
    return url.replace('//', `//scraper:${inUrl}@`);
  };
  const expectHidden = (texts: string) => {
    for (const secret of [password, inUrl, basic]) expect(texts).not.toContain(secret);
  };

  it.each(statuses)('are in no message of a cluster that is asked through it (%i)', async (status) => {
    const transport = {
      tls: { insecureSkipVerify: false },
      enableHttp2: false,
      proxyUrl: new Secret(await proxyWith(status)),
    };
    const texts = await textsOf({ transport });
    expect(texts).toMatch(/answered \d+|Proxy|proxy/);
    expectHidden(texts);
  });

  it.each(statuses)('are in no message of a token endpoint that is asked through it (%i)', async (status) => {
    const transport = {
      tls: { insecureSkipVerify: false },
      enableHttp2: false,
      proxyUrl: new Secret(await proxyWith(status)),
    };
    const texts = await textsOf({ authentication: oauth2Config({ transport }), transport });
    expect(texts).toContain('POST http://identity.test/token');
    expectHidden(texts);
  });

  it.each(['HTTP_PROXY', 'http_proxy'])('are in no message where it is that of %s', async (variable) => {
    vi.stubEnv(variable, await proxyWith(500));
    const ofCluster = await textsOf({});
    expect(ofCluster).toContain('<secret>');
    expectHidden(ofCluster);
    const ofToken = await textsOf({ authentication: oauth2Config() });
    expect(ofToken).toContain('<secret>');
    expectHidden(ofToken);
  });
});
