import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { type Exporter, runExporter, startExporter } from '../exporter.ts';
import type { Exposition } from '../exposition.ts';
import { until } from '../until.ts';
import { askForTopology } from './own-request.ts';
import { exposedSeries, promisedSeries } from './series.ts';

/** Seconds. The renewal of tokens with a longer lifetime is not tested. */
const maxTestedLifetime = 3_600;

/** The variables for the exporter, with absolute paths, since it runs in another folder. */
const environment = Object.fromEntries(
  Object.entries({ ZEEBE_POLL_INTERVAL: '5s', ZEEBE_POLL_TIMEOUT: '5s', ...process.env })
    .filter(([name]) => /^(CAMUNDA|ZEEBE)_|^(HTTPS?|NO)_PROXY$|^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/i.test(name))
    .map(([name, value = '']) => [name, /_(FILE|PATH)$/.test(name) ? resolve(value) : value]),
);
const [cluster] = loadConfig({ flags: {}, env: environment, isTerminal: false }).config.clusters;
if (cluster === undefined) throw new Error('The environment describes no cluster');

describe(`the cluster at ${cluster.address}`, () => {
  it('is exposed with the topology that another client gets', async () => {
    const exporter = await startExporter({ environment });
    await until('the first poll has succeeded', 120, async () => {
      expect((await exporter.scrape()).value('zeebe_topology_up')).toBe(1);
    });
    // The topology may change between a poll and the request of the test.
    await until('both topologies are the same', 60, async () => {
      const promised = promisedSeries(await askForTopology(cluster));
      expect(exposedSeries(await exporter.scrape())).toEqual(promised);
    });
  });

  it('passes the check command', async () => {
    const { code, output } = await runExporter({ flags: ['check'], environment });
    expect(code, output).toBe(0);
  });

  it.runIf(cluster.authentication.method === 'oauth2')(
    'is polled without a failure for two lifetimes of a token, which is renewed before its expiry',
    async ({ skip }) => {
      const exporter = await startExporter({ environment });
      const first = await until('the first poll has succeeded', 120, async () => {
        const page = await exporter.scrape();
        expect(page.value('zeebe_topology_up')).toBe(1);
        return page;
      });
      const lifetime = first.value('zeebe_topology_token_lifetime_seconds');
      if (lifetime === undefined) return skip('neither the token nor the token endpoint tells a lifetime');
      if (lifetime > maxTestedLifetime)
        return skip(`tokens live for ${lifetime} s: let the identity provider shorten them`);
      const pages = await scrapeFor(2 * lifetime, exporter, obtainedAt(first));
      for (const page of pages) {
        expect(page.value('zeebe_topology_up')).toBe(1);
        expect(page.value('zeebe_topology_auth_up')).toBe(1);
        expect(page.set('zeebe_topology_auth_failing', 'reason')).toEqual([]);
        expect(page.value('zeebe_topology_token_expiry_timestamp_seconds')).toBeGreaterThan(lastPoll(page));
      }
      expect(new Set(pages.map(obtainedAt)).size, 'tokens seen').toBeGreaterThan(2);
    },
  );
});

/** Scrapes until a poll has ended `seconds` after `since` (Unix time in seconds). Returns the pages. */
async function scrapeFor(seconds: number, exporter: Exporter, since: number): Promise<readonly Exposition[]> {
  const before = exporter.scrapes.length;
  await until(`polls have gone on for ${seconds} s`, seconds + 120, async () => {
    expect(lastPoll(await exporter.scrape())).toBeGreaterThan(since + seconds);
  });
  return exporter.scrapes.slice(before);
}

function obtainedAt(page: Exposition): number {
  return page.value('zeebe_topology_token_obtained_timestamp_seconds') ?? Number.NaN;
}

function lastPoll(page: Exposition): number {
  return page.value('zeebe_topology_last_poll_timestamp_seconds') ?? Number.NaN;
}
