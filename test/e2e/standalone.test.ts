import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startExporter, untilHealthy } from './exporter.ts';
import type { Exposition } from './exposition.ts';
import { layOutBroker, type SingleBroker } from './systems/simulated-cluster.ts';
import { until } from './until.ts';

const pace = { ZEEBE_POLL_INTERVAL: '1s', ZEEBE_POLL_TIMEOUT: '1s' };

const topologyFamilies = [
  'zeebe_topology_broker_info',
  'zeebe_topology_broker_up',
  'zeebe_topology_brokers',
  'zeebe_topology_cluster_health',
  'zeebe_topology_cluster_size',
  'zeebe_topology_gateway_info',
  'zeebe_topology_partition_has_leader',
  'zeebe_topology_partition_health',
  'zeebe_topology_partition_healthy_replicas',
  'zeebe_topology_partition_leader_changes_total',
  'zeebe_topology_partition_replicas',
  'zeebe_topology_partition_role',
  'zeebe_topology_partitions',
  'zeebe_topology_replication_factor',
];
const pollFamilies = [
  'zeebe_topology_auth_failing',
  'zeebe_topology_auth_failures_total',
  'zeebe_topology_auth_info',
  'zeebe_topology_auth_up',
  'zeebe_topology_last_http_status_code',
  'zeebe_topology_last_poll_timestamp_seconds',
  'zeebe_topology_last_success_timestamp_seconds',
  'zeebe_topology_poll_duration_seconds',
  'zeebe_topology_poll_failing',
  'zeebe_topology_poll_failures_total',
  'zeebe_topology_poll_interval_seconds',
  'zeebe_topology_polls_total',
  'zeebe_topology_up',
];
/** The families that remain while the cluster is unreachable. */
const keptFamilies = ['zeebe_topology_cluster_health', 'zeebe_topology_partition_leader_changes_total'];

describe.each<{ version: string; v2: { up: number; failing: string[]; status: number } }>([
  { version: '8.5.8', v2: { up: 0, failing: ['not_found'], status: 404 } },
  { version: '8.6.0', v2: { up: 1, failing: [], status: 200 } },
])('one broker of a simulated Zeebe $version', ({ version, v2 }) => {
  let broker: SingleBroker;
  beforeAll(async () => {
    broker = await layOutBroker({ version });
  });
  afterAll(() => broker.end());

  it('is unreachable before its start, and healthy after it', async () => {
    await broker.stop();
    const exporter = await startExporter({ environment: { ...pace, ZEEBE_REST_ADDRESS: broker.address } });
    await until('the first poll has failed', 60, async () => {
      const page = await exporter.scrape();
      expect(page.value('zeebe_topology_up')).toBe(0);
      expect(page.set('zeebe_topology_poll_failing', 'reason')).toEqual(['connect']);
      expect(page.set('zeebe_topology_cluster_health', 'health')).toEqual(['unknown']);
    });
    expect((await exporter.get('/-/ready')).status).toBe(200);

    const started = broker.start();
    await untilHealthy(exporter);
    await started;

    for (const page of exporter.scrapes) {
      const knowsTheSizes = page.value('zeebe_topology_cluster_size') !== undefined;
      const verdict = page.set('zeebe_topology_cluster_health', 'health')[0];
      if (!knowsTheSizes && page.value('zeebe_topology_polls_total') !== 0) expect(verdict).toBe('unknown');
      if (knowsTheSizes) expect(page.value('zeebe_topology_up')).toBe(1);
    }
    // The topology is unknown at first, then without the broker or without its partition.
    expect(verdicts(exporter.scrapes)).toEqual(['unknown', 'unhealthy', 'healthy']);
  });

  it('is exposed with exactly the documented families', async () => {
    await broker.start();
    const exporter = await startExporter({ environment: { ...pace, ZEEBE_REST_ADDRESS: broker.address } });
    const page = await untilHealthy(exporter);

    expect(ownFamilies(page)).toEqual([...pollFamilies, ...topologyFamilies].toSorted());
    for (const { labels } of ownFamilies(page).flatMap((name) => page.families.get(name)?.samples ?? [])) {
      expect(labels).toHaveProperty('zeebe_cluster', 'default');
    }
    expect(page.value('zeebe_topology_cluster_size')).toBe(1);
    expect(page.value('zeebe_topology_brokers')).toBe(1);
    expect(page.value('zeebe_topology_partitions')).toBe(1);
    expect(page.value('zeebe_topology_replication_factor')).toBe(1);
    expect(page.value('zeebe_topology_gateway_info', { version })).toBe(1);
    expect(page.value('zeebe_topology_broker_up', { broker: '0' })).toBe(1);
    const listed = { broker: '0', host: broker.host, port: broker.port, version };
    expect(page.value('zeebe_topology_broker_info', listed)).toBe(1);
    expect(page.value('zeebe_topology_partition_has_leader', { partition: '1' })).toBe(1);
    expect(page.value('zeebe_topology_partition_replicas', { partition: '1' })).toBe(1);
    expect(page.value('zeebe_topology_partition_healthy_replicas', { partition: '1' })).toBe(1);
    expect(page.value('zeebe_topology_partition_leader_changes_total', { partition: '1' })).toBe(0);
    const replica = { broker: '0', partition: '1' };
    expect(page.set('zeebe_topology_partition_role', 'role', replica)).toEqual(['leader']);
    expect(page.series('zeebe_topology_partition_role', replica)).toHaveLength(4);
    expect(page.set('zeebe_topology_partition_health', 'health', replica)).toEqual(['healthy']);
    expect(page.series('zeebe_topology_partition_health', replica)).toHaveLength(4);
    expect(page.value('zeebe_topology_auth_info', { method: 'none' })).toBe(1);
    expect(page.value('zeebe_topology_auth_up')).toBe(1);
    expect(page.value('zeebe_topology_last_http_status_code')).toBe(200);
    expect(page.value('zeebe_topology_poll_interval_seconds')).toBe(1);
    expect(page.series('zeebe_topology_poll_failures_total').map(({ value }) => value)).toEqual(Array(13).fill(0));
    expect(page.series('zeebe_topology_auth_failures_total').map(({ value }) => value)).toEqual(Array(12).fill(0));
  });

  it('is polled with each api_version that it has, and auto detects one', async () => {
    await broker.start();
    const file = `
poll_interval: 1s
poll_timeout: 1s
clusters:
  - { name: first, address: "${broker.address}", api_version: v1 }
  - { name: second, address: "${broker.address}", api_version: v2 }
  - { name: found out, address: "${broker.address}", api_version: auto }
`;
    const exporter = await startExporter({ file });
    await until('each of the three has been polled twice', 60, async () => {
      const page = await exporter.scrape();
      const up = (cluster: string) => page.value('zeebe_topology_up', { zeebe_cluster: cluster });
      for (const { value } of page.series('zeebe_topology_polls_total')) expect(value).toBeGreaterThanOrEqual(2);
      expect({ first: up('first'), second: up('second'), 'found out': up('found out') }).toEqual({
        first: 1,
        second: v2.up,
        'found out': 1,
      });
      const second = { zeebe_cluster: 'second' };
      expect(page.set('zeebe_topology_poll_failing', 'reason', second)).toEqual(v2.failing);
      expect(page.value('zeebe_topology_last_http_status_code', second)).toBe(v2.status);
    });
    const logsV2 = exporter.running.output().includes('v2/topology');
    expect(logsV2, 'whether the log names what was not found').toBe(v2.up === 0);
  });

  it('has no series of its topology after a crash', async () => {
    await broker.start();
    const exporter = await startExporter({ environment: { ...pace, ZEEBE_REST_ADDRESS: broker.address } });
    await untilHealthy(exporter);
    await broker.crash();
    const page = await until('the cluster is unreachable', 60, async () => {
      const now = await exporter.scrape();
      expect(now.value('zeebe_topology_up')).toBe(0);
      return now;
    });
    expect(page.set('zeebe_topology_poll_failing', 'reason')).toEqual(['connect']);
    expect(page.set('zeebe_topology_cluster_health', 'health')).toEqual(['unknown']);
    expect(ownFamilies(page).filter((name) => topologyFamilies.includes(name))).toEqual(keptFamilies);
    expect(page.value('zeebe_topology_auth_up')).toBe(1);
  });
});

/** Returns the verdicts in order, without repetitions. */
function verdicts(pages: readonly Exposition[]): (string | undefined)[] {
  return pages
    .flatMap((page) => page.set('zeebe_topology_cluster_health', 'health'))
    .filter((verdict, index, all) => verdict !== all[index - 1]);
}

/** Returns the families of clusters, without those of the exporter itself. */
function ownFamilies(page: Exposition): string[] {
  return [...page.families.keys()]
    .filter((name) => name.startsWith('zeebe_topology_') && !name.startsWith('zeebe_topology_exporter_'))
    .toSorted();
}
