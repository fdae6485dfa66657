import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IdentityProvider, startIdentityProvider } from '../../src/simulator/identity-provider.ts';
import { type Authority, createAuthority } from './authority.ts';
import { untilOutcomes } from './outcomes.ts';
import { createSystemFolder } from './process.ts';
import { type RecordedCluster, startRecordedCluster } from './systems/recorded-cluster.ts';
import { startTinyproxy, type Tinyproxy } from './systems/tinyproxy.ts';

describe('clusters behind tinyproxy', () => {
  const login = { username: 'scraper', password: 'open-sesame.0815' };
  const client = { clientId: 'exporter', clientSecret: 'client-secret-0815' };
  let authority: Authority;
  let plain: RecordedCluster;
  let encrypted: RecordedCluster;
  let provider: IdentityProvider;
  let open: Tinyproxy;
  let guarded: Tinyproxy;
  beforeAll(async () => {
    const { data } = await createSystemFolder('certificates');
    authority = await createAuthority(data, 'authority');
    plain = await startRecordedCluster();
    encrypted = await startRecordedCluster({ tls: await authority.issue('server') });
    provider = await startIdentityProvider({ clients: [client] });
    open = await startTinyproxy();
    guarded = await startTinyproxy(login);
  });
  afterAll(() => Promise.all([plain, encrypted, open, guarded].map(({ stop }) => stop()).concat(provider.close())));

  const clusters = () => ({
    http: { address: plain.address },
    https: { address: encrypted.address, tls_config: { ca_file: authority.certificate } },
    'https of an unknown authority': { address: encrypted.address },
    'with a token': {
      address: plain.address,
      oauth2: { client_id: client.clientId, client_secret: client.clientSecret, token_url: provider.tokenUrl },
    },
  });
  const through = (proxy: URL) =>
    Object.fromEntries(Object.entries(clusters()).map(([name, one]) => [name, { ...one, proxy_url: proxy.href }]));
  const polled = { http: 'up', https: 'up', 'https of an unknown authority': 'down: tls', 'with a token': 'up' };

  const expectedRequests = () => [
    `GET ${plain.address}/v1/topology`,
    `CONNECT ${new URL(encrypted.address).host}`,
    `POST ${provider.tokenUrl}`,
  ];

  it('are polled through proxy_url, and token requests too', async () => {
    const before = open.requests().length;
    await untilOutcomes(polled, through(open.url));
    expect(open.requests().slice(before)).toEqual(expect.arrayContaining(expectedRequests()));
  });

  it('are polled with the credentials of the proxy, which are not logged', async () => {
    const before = guarded.requests().length;
    const exporter = await untilOutcomes(polled, through(guarded.url));
    expect(guarded.requests().slice(before)).toEqual(expect.arrayContaining(expectedRequests()));
    expect(exporter.running.output()).not.toContain(login.password);
  });

  it('fail polls without credentials for the proxy', async () => {
    const outcomes = {
      http: 'down: connect',
      https: 'down: connect',
      'https of an unknown authority': 'down: connect',
      'with a token': 'down: auth, token_endpoint_unreachable',
    };
    await untilOutcomes(outcomes, through(new URL(`http://${guarded.url.host}`)));
  });

  it('fail polls with wrong credentials for the proxy, which are not logged', async () => {
    const outcomes = {
      // tinyproxy answers 401 instead of 407 then, as if it were the requested server.
      http: 'down: auth, authentication_required',
      https: 'down: connect',
      'https of an unknown authority': 'down: connect',
      'with a token': 'down: auth, token_request_rejected',
    };
    const wrong = new URL(`http://scraper:wrong-sesame.0815@${guarded.url.host}`);
    const exporter = await untilOutcomes(outcomes, through(wrong));
    expect(exporter.running.output()).not.toContain('wrong-sesame');
  });

  it('are polled through HTTP_PROXY and HTTPS_PROXY, except for hosts in NO_PROXY', async () => {
    const before = guarded.requests().length;
    const proxy = guarded.url.href;
    const environment = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: 'localhost' };
    const direct = plain.address.replace('127.0.0.1', 'localhost');
    const all = { ...clusters(), direct: { address: direct } };
    const exporter = await untilOutcomes({ ...polled, direct: 'up' }, all, environment);
    const requests = guarded.requests().slice(before);
    expect(requests).toEqual(expect.arrayContaining(expectedRequests()));
    expect(requests.filter((request) => request.includes('localhost'))).toEqual([]);
    expect(exporter.running.output()).not.toContain(login.password);
  });
});
