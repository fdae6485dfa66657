import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Exporter, startExporter, untilHealthy } from './exporter.ts';
import type { Exposition } from './exposition.ts';
import {
  audience,
  clientWithoutAudience,
  type Keycloak,
  knownClient,
  layOutKeycloak,
  tokenLifetime,
} from './systems/keycloak.ts';
import { layOutBroker, type SingleBroker } from './systems/simulated-cluster.ts';
import { until } from './until.ts';

describe('a simulated Zeebe 8.6.0 with tokens of Keycloak that live for a minute', () => {
  let keycloak: Keycloak;
  let broker: SingleBroker;
  beforeAll(async () => {
    keycloak = await layOutKeycloak();
    const tokens = { issuerUrl: keycloak.issuer, keysUrl: keycloak.keysUrl, audience };
    broker = await layOutBroker({ version: '8.6.0', tokens });
    await Promise.all([keycloak.start(), broker.start()]);
  });
  afterAll(() => Promise.all([keycloak.stop(), broker.end()]));

  const startExporterAs = ({ id, secret }: typeof knownClient) =>
    startExporter({
      environment: {
        ZEEBE_POLL_INTERVAL: '2s',
        ZEEBE_POLL_TIMEOUT: '2s',
        ZEEBE_REST_ADDRESS: broker.address,
        CAMUNDA_OAUTH_URL: keycloak.tokenUrl,
        CAMUNDA_CLIENT_ID: id,
        CAMUNDA_CLIENT_SECRET: secret,
        CAMUNDA_TOKEN_AUDIENCE: audience,
      },
    });

  it('is polled over two token renewals without a failure', async () => {
    const exporter = await startExporterAs(knownClient);
    const before = await untilHealthy(exporter);
    const page = await until('two more tokens were issued', 4 * tokenLifetime, async () => {
      const now = await exporter.scrape();
      expect(requests(now) - requests(before)).toBe(2);
      return now;
    });

    expect(page.set('zeebe_topology_auth_info', 'method')).toEqual(['oauth2']);
    expect(page.value('zeebe_topology_token_lifetime_seconds')).toBe(tokenLifetime);
    expect(failures(page)).toBe(failures(before));
    const scrapes = exporter.scrapes.slice(exporter.scrapes.indexOf(before));
    for (const one of scrapes) {
      expect(one.value('zeebe_topology_up')).toBe(1);
      expect(one.value('zeebe_topology_auth_up')).toBe(1);
      expect(untilExpiry(one)).toBeGreaterThan(0);
    }
    const tokens = new Set(scrapes.map((one) => one.value('zeebe_topology_token_obtained_timestamp_seconds')));
    expect(tokens.size, 'a new token from each request').toBe(3);
  });

  it('is polled with OpenID discovery and client_secret_basic', async () => {
    const file = JSON.stringify({
      poll_interval: '2s',
      poll_timeout: '2s',
      clusters: [
        {
          name: 'discovered',
          address: broker.address,
          oauth2: {
            issuer_url: keycloak.issuer,
            client_id: knownClient.id,
            client_secret: knownClient.secret,
            client_auth: 'client_secret_basic',
            audience,
          },
        },
      ],
    });
    const exporter = await startExporter({ file });
    const page = await untilHealthy(exporter);
    expect(page.value('zeebe_topology_token_requests_total')).toBe(1);
  });

  it('fails polls with a wrong client secret, without a token request for every poll', async () => {
    const before = keycloak.loginErrors(knownClient.id);
    const exporter = await startExporterAs({ id: knownClient.id, secret: 'wrong' });
    const page = await afterPolls(exporter, 10);
    expect(page.value('zeebe_topology_up')).toBe(0);
    expect(page.value('zeebe_topology_auth_up')).toBe(0);
    expect(page.set('zeebe_topology_poll_failing', 'reason')).toEqual(['auth']);
    expect(page.set('zeebe_topology_auth_failing', 'reason')).toEqual(['invalid_client']);
    expect(page.value('zeebe_topology_auth_failures_total', { reason: 'invalid_client' })).toBeGreaterThanOrEqual(10);
    expect(page.series('zeebe_topology_token_expiry_timestamp_seconds')).toEqual([]);
    expect(exporter.running.output()).not.toContain('"wrong"');

    const sent = page.value('zeebe_topology_token_requests_total');
    expect(sent).toBeLessThanOrEqual(5);
    expect(page.value('zeebe_topology_token_request_failures_total', { reason: 'invalid_client' })).toBe(sent);
    await until('Keycloak has counted them as well', 10, () => {
      expect(keycloak.loginErrors(knownClient.id) - before).toBeGreaterThanOrEqual(sent ?? Number.NaN);
    });
    expect(keycloak.loginErrors(knownClient.id) - before).toBeLessThanOrEqual(5);
  });

  it('fails polls with tokens of another audience, without a token request for every poll', async () => {
    const exporter = await startExporterAs(clientWithoutAudience);
    const page = await afterPolls(exporter, 10);
    expect(page.value('zeebe_topology_up')).toBe(0);
    expect(page.value('zeebe_topology_auth_up')).toBe(0);
    expect(page.set('zeebe_topology_poll_failing', 'reason')).toEqual(['auth']);
    expect(page.set('zeebe_topology_auth_failing', 'reason')).toEqual(['audience_mismatch']);
    expect(page.value('zeebe_topology_token_requests_total')).toBeLessThanOrEqual(5);
    expect(page.series('zeebe_topology_token_request_failures_total').every(({ value }) => value === 0)).toBe(true);
  });

  it('stays up with the old token while Keycloak is down, fails once it has expired, and recovers with Keycloak', async () => {
    const exporter = await startExporterAs(knownClient);
    await untilHealthy(exporter);

    await keycloak.stop();
    await until('a renewal has failed', 2 * tokenLifetime, async () => {
      const page = await exporter.scrape();
      expect(page.set('zeebe_topology_auth_failing', 'reason')).toEqual(['token_endpoint_unreachable']);
      expect(page.value('zeebe_topology_up')).toBe(1);
      expect(page.value('zeebe_topology_auth_up')).toBe(1);
    });
    const without = await until('the old token has expired', 2 * tokenLifetime, async () => {
      const page = await exporter.scrape();
      expect(untilExpiry(page)).toBeLessThan(0);
      return page;
    });
    for (const page of exporter.scrapes) {
      if (untilExpiry(page) > 5) expect(page.value('zeebe_topology_up')).toBe(1);
    }
    expect(without.value('zeebe_topology_up')).toBe(0);
    expect(without.set('zeebe_topology_poll_failing', 'reason')).toEqual(['auth']);
    expect(without.set('zeebe_topology_auth_failing', 'reason')).toEqual(['token_endpoint_unreachable']);
    expect(without.value('zeebe_topology_auth_up')).toBe(0);

    await keycloak.start();
    await until('a new token is used without failures', 400, async () => {
      const page = await exporter.scrape();
      expect(page.value('zeebe_topology_up')).toBe(1);
      expect(page.set('zeebe_topology_auth_failing', 'reason')).toEqual([]);
      expect(page.value('zeebe_topology_auth_up')).toBe(1);
      expect(untilExpiry(page)).toBeGreaterThan(0);
    });
  });
});

async function afterPolls(exporter: Exporter, count: number): Promise<Exposition> {
  return until(`${count} polls have ended`, 120, async () => {
    const page = await exporter.scrape();
    expect(page.value('zeebe_topology_polls_total')).toBeGreaterThanOrEqual(count);
    return page;
  });
}

function requests(page: Exposition): number {
  return page.value('zeebe_topology_token_requests_total') ?? 0;
}

/** Returns the seconds from the last poll to the expiry of the token; NaN before the first poll. */
function untilExpiry(page: Exposition): number {
  const expiry = page.value('zeebe_topology_token_expiry_timestamp_seconds') ?? Number.NaN;
  return expiry - (page.value('zeebe_topology_last_poll_timestamp_seconds') ?? Number.NaN);
}

function failures(page: Exposition): number {
  const counters = [
    'zeebe_topology_poll_failures_total',
    'zeebe_topology_auth_failures_total',
    'zeebe_topology_token_request_failures_total',
  ];
  return counters.flatMap((name) => page.series(name)).reduce((sum, { value }) => sum + value, 0);
}
