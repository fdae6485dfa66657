import { describe, expect, it } from 'vitest';
import { formats } from '../../src/metrics/family.ts';
import { endOfPoll, failed, failure, succeeded } from '../polls.ts';
import { onePartition, oneWithoutLeader, recorded, tenant, tenants, topologyOf } from '../topologies.ts';
import { basic, oauth2 } from './authentication.ts';
import { type PolledCluster, pageOf } from './pages.ts';
import { parseStrictly } from './strict-parser.ts';

// The pages in test/fixtures/exposition were compared line by line with the documentation of the metrics. To write them
// again after an intended change: npx vitest run test/metrics/golden.test.ts --update, then read the diff.

/** Token times as after a renewal before the first poll. */
const token = { obtainedAt: endOfPoll - 500, expiresAt: endOfPoll + 299_500, lifetime: 300_000 };

const healthy = succeeded(topologyOf(recorded('8.6.0-3x3x3-healthy')));

function answerOf(name: string): PolledCluster['results'] {
  const later = succeeded(topologyOf(recorded(name)), { endedAt: endOfPoll + 15_000, seconds: 0.0042 });
  return [healthy, later];
}

const replica = (partitionId: number, role: string, health: string | null, state: string) => ({
  partitionId,
  role,
  health,
  state,
});

/** An answer of Zeebe 8.10: two zones, and a partition joining the second broker. */
const zones = topologyOf({
  brokers: [
    {
      brokerId: 'eu-west-2_0',
      nodeId: 0,
      host: 'zeebe-b-0.zeebe-b',
      port: 26501,
      version: '8.10.0',
      partitions: [replica(2, 'leader', 'healthy', 'recovering'), replica(1, 'inactive', null, 'joining')],
    },
    {
      brokerId: 'eu-west-1_0',
      nodeId: 0,
      host: 'zeebe-a-0.zeebe-a',
      port: 26501,
      version: '8.10.0',
      partitions: [replica(1, 'leader', 'healthy', 'active'), replica(2, 'follower', 'unhealthy', 'leaving')],
    },
  ],
  clusterSize: 2,
  partitionsCount: 2,
  replicationFactor: 1,
  gatewayVersion: '8.10.0',
  clusterId: 'c0ffee00-0000-4000-8000-000000000000',
  lastCompletedChangeId: '4',
});

const renewed = { up: true, token, tokenRequests: [{ seconds: 0.12 }] };
const expired = {
  up: false,
  failure: failure('invalid_client'),
  token,
  tokenRequests: [{ seconds: 0.03, failure: 'invalid_client' as const }],
};

const certificates = {
  clusterServer: Date.UTC(2026, 2, 1),
  clusterClient: Date.UTC(2026, 3, 1),
  tokenServer: Date.UTC(2026, 4, 1),
};

const states: Readonly<Record<string, readonly PolledCluster[]>> = {
  'before-the-first-poll': [{ results: [] }],
  healthy: [{ results: [healthy] }],
  'broker-gone': [{ results: answerOf('8.6.0-3x3x3-broker-gone') }],
  'quorum-lost': [{ results: answerOf('8.6.0-3x3x3-quorum-lost') }],
  zones: [
    {
      results: [succeeded(zones)],
      config: { authentication: basic },
    },
  ],
  'physical-tenants': [
    {
      results: [
        succeeded(tenants(tenant('default', onePartition), tenant('orders', onePartition))),
        succeeded(tenants(tenant('default', onePartition), tenant('orders', oneWithoutLeader)), {
          endedAt: endOfPoll + 15_000,
        }),
      ],
    },
  ],
  'series-limited': [
    {
      results: [
        succeeded(zones, {
          outcome: {
            ok: true,
            topology: zones,
            seriesLimit: { series: 63, exceeded: { setting: 'max_series', max: 50 } },
          },
        }),
      ],
    },
  ],
  'token-expired': [
    {
      config: { authentication: oauth2 },
      results: [
        succeeded(zones, { authentication: renewed, certificates, filesRead: true }),
        failed('auth', { endedAt: endOfPoll + 300_000, seconds: 0.03, authentication: expired, filesRead: false }),
      ],
    },
  ],
  'two-clusters-one-down': [
    { results: [healthy], config: { name: 'production' } },
    { results: [failed('connect')], config: { name: 'staging "blue"', pollInterval: 60_000 } },
  ],
};

describe.each(Object.entries(states))('the page of %s', (state, clusters) => {
  it.each(formats)('in the format %s', async (format) => {
    const text = await pageOf(format, ...clusters);
    const extension = format === 'text' ? 'txt' : 'openmetrics';
    await expect(text).toMatchFileSnapshot(`../fixtures/exposition/${state}.${extension}`);
  });

  it('has the same families, types and samples in both formats', async () => {
    const [text, openmetrics] = await Promise.all([pageOf('text', ...clusters), pageOf('openmetrics', ...clusters)]);
    expect(parseStrictly(openmetrics, 'openmetrics')).toEqual(parseStrictly(text, 'text'));
  });
});
