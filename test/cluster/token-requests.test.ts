import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ClusterConfig, Config, OAuth2Config } from '../../src/config/config.ts';
import { Secret } from '../../src/secret.ts';
import { type IdentityProviderOptions, startIdentityProvider } from '../../src/simulator/identity-provider.ts';
import { oauth2Config } from '../auth/oauth2-config.ts';
import { client as clientOf, configOf, healthy, start, sum } from '../exporting.ts';
import { samplesOf } from '../metrics/pages.ts';
import { clusterConfig } from '../polls.ts';
import { httpServer } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';

withoutProxy();
vi.setConfig({ testTimeout: 60_000 });

const soon = { timeout: 40_000, interval: 20 };
/** Longer than a busy machine delays an answer: a token that arrives after the poll has ended is requested once more. */
const timing = { pollInterval: 4_000, pollTimeout: 4_000 };
const names = Array.from({ length: 20 }, (_, index) => `cluster-${index}`);

/** An identity provider that knows a client for each name, and a cluster of each name. */
async function setUp(options: Partial<IdentityProviderOptions> = {}) {
  const clients = names.map((clientId) => ({ clientId, clientSecret: 'opensesame', audience: 'zeebe-api' }));
  const provider = await startIdentityProvider({ clients, tokenLifetime: 3_600, ...options });
  onTestFinished(() => provider.close());
  const address = new URL(
    await httpServer((request, response) => {
      if (request.headers.authorization?.startsWith('Bearer ')) return healthy(request, response);
      response.writeHead(401).end();
    }),
  );
  const clusterOf = (name: string, clientId: string, oauth2: Partial<OAuth2Config> = {}): ClusterConfig =>
    clusterConfig({
      name,
      address,
      ...timing,
      authentication: oauth2Config({
        clientId,
        clientAuthentication: { method: 'client_secret_post', secret: new Secret('opensesame') },
        endpoint: { tokenUrl: new URL(provider.tokenUrl) },
        audience: 'zeebe-api',
        ...oauth2,
      }),
    });
  return { provider, clusterOf };
}

/** Reads the page until all clusters are up. */
async function allUp(exporter: Awaited<ReturnType<typeof start>>) {
  const { read } = clientOf(exporter);
  return vi.waitFor(async () => {
    const page = await read();
    expect(sum(samplesOf(page, 'up'))).toBe(names.length);
    return page;
  }, soon);
}

describe('the token requests of an exporter', () => {
  it('with a client for each cluster stay within the rate limit of SaaS', async () => {
    const { provider, clusterOf } = await setUp({ flavour: 'saas', throttle: { interval: 40 } });
    const clusters = names.map((name) => clusterOf(name, name, { tokenRequestsPerSecond: 20 }));
    const page = await allUp(await start(configOf(clusters)));
    expect(provider.requests()).toMatchObject({ issued: names.length, rate_limited: 0 });
    expect(sum(samplesOf(page, 'token_requests_total'))).toBe(names.length);
  });

  it('with one client for all are one, which the counters of all clusters together show', async () => {
    const { provider, clusterOf } = await setUp();
    const page = await allUp(await start(configOf(names.map((name) => clusterOf(name, 'cluster-0')))));
    expect(provider.requests()).toMatchObject({ issued: 1 });
    expect(sum(samplesOf(page, 'token_requests_total'))).toBe(1);
    const expiries = samplesOf(page, 'token_expiry_timestamp_seconds').map(({ value }) => value);
    expect(expiries).toHaveLength(names.length);
    expect(new Set(expiries).size).toBe(1);
  });

  it('are not repeated after a reload that changes every cluster', async () => {
    const { provider, clusterOf } = await setUp();
    const config = configOf(names.map((name) => clusterOf(name, name)));
    const changed: Config = {
      ...config,
      clusters: config.clusters.map((each) => ({ ...each, pollInterval: 4_500 })),
    };
    const exporter = await start(config, undefined, async () => ({ config: changed, notices: [] }));
    await allUp(exporter);
    expect(await exporter.reload()).toMatchObject({ ok: true });
    await allUp(exporter);
    expect(provider.requests()).toMatchObject({ issued: names.length });
  });
});
