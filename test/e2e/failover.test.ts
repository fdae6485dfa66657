import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { prometheusClient } from './artifacts.ts';
import { startExporter, untilHealthy } from './exporter.ts';
import type { Exposition } from './exposition.ts';
import { startPrometheus } from './systems/prometheus.ts';
import { type Broker, type Cluster, layOutCluster } from './systems/simulated-cluster.ts';
import { until } from './until.ts';

const pace = { ZEEBE_POLL_INTERVAL: '2s', ZEEBE_POLL_TIMEOUT: '2s' };

describe('an exporter that polls three simulated brokers with three partitions', () => {
  let cluster: Cluster;
  let brokers: readonly Broker[];
  beforeAll(async () => {
    cluster = await layOutCluster({ version: '8.6.0', size: 3 });
    brokers = cluster.brokers;
    await Promise.all(brokers.map((broker) => broker.start()));
  });
  afterAll(() => cluster.stop());

  const startExporterAt = (broker: Broker | undefined) =>
    startExporter({ environment: { ...pace, ZEEBE_REST_ADDRESS: broker?.address ?? '' } });

  it('exposes the roles that the brokers themselves report', async () => {
    const exporter = await startExporterAt(brokers[0]);
    await untilHealthy(exporter);
    await until('both topologies are the same', 60, async () => {
      const page = await exporter.scrape();
      for (const { id, roles } of brokers) {
        const exposedRoles = Object.keys(await roles()).map((partition) => [
          partition,
          page.set('zeebe_topology_partition_role', 'role', { broker: id, partition })[0],
        ]);
        expect(Object.fromEntries(exposedRoles), `of broker ${id}`).toEqual(await roles());
      }
    });
  });

  it('serves a page that promtool accepts', async () => {
    const exporter = await startExporterAt(brokers[0]);
    await untilHealthy(exporter);
    const { body, type } = await exporter.get('/metrics', { accept: 'text/plain;version=0.0.4' });
    expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('serves an OpenMetrics page with the same series that the parser of prometheus_client accepts', async () => {
    const exporter = await startExporterAt(brokers[0]);
    const page = await untilHealthy(exporter);
    const { body, type } = await exporter.get('/metrics', { accept: 'application/openmetrics-text;version=1.0.0' });
    expect(type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    const read = readOpenMetrics(body);
    expect(read.toSorted()).toEqual(seriesOf(page).toSorted());
    expect(read.length).toBeGreaterThan(150);
  });

  it('is scraped by Prometheus', async () => {
    const exporter = await startExporterAt(brokers[0]);
    await untilHealthy(exporter);
    const prometheus = await startPrometheus(exporter.address);
    onTestFinished(prometheus.stop);
    await until('Prometheus answers with what was scraped', 60, async () => {
      expect(await prometheus.query('up')).toEqual([1]);
      expect(await prometheus.query('zeebe_topology_up{zeebe_cluster="default"}')).toEqual([1]);
      expect(await prometheus.query('sum(zeebe_topology_broker_up)')).toEqual([3]);
      expect(await prometheus.query('zeebe_topology_cluster_health{health="healthy"}')).toEqual([1]);
      expect(await prometheus.query('increase(zeebe_topology_polls_total[30s]) > 0')).toHaveLength(1);
    });
  });

  it('names a crashed leader as missing and counts leader changes of its partitions only, until it is back', async () => {
    const [crashing, other] = await leaderAndAnother(brokers);
    const led = partitionsLed(await crashing.roles());
    const exporter = await startExporterAt(other);
    await untilHealthy(exporter);
    const others = brokers.filter((broker) => broker !== crashing);

    await crashing.crash();
    const without = await until('the broker is missed and every partition has a leader again', 120, async () => {
      const page = await exporter.scrape();
      expect(page.value('zeebe_topology_broker_up', { broker: crashing.id })).toBe(0);
      expect(page.series('zeebe_topology_partition_has_leader').map(({ value }) => value)).toEqual([1, 1, 1]);
      return page;
    });
    expect(without.set('zeebe_topology_cluster_health', 'health')).toEqual(['degraded']);
    expect(without.value('zeebe_topology_brokers')).toBe(2);
    expect(without.series('zeebe_topology_broker_info', { broker: crashing.id })).toEqual([]);
    expect(without.series('zeebe_topology_partition_role', { broker: crashing.id })).toEqual([]);
    expect(partitionsWithChanges(without)).toEqual(led);

    await crashing.start();
    const after = await untilHealthy(exporter);
    expect(after.value('zeebe_topology_broker_up', { broker: crashing.id })).toBe(1);
    expect(after.value('zeebe_topology_brokers')).toBe(3);
    expect(partitionsWithChanges(after)).toEqual(led);

    const polled = exporter.scrapes.filter((page) => page.value('zeebe_topology_up') !== undefined);
    expect(verdictHistory(polled)).toEqual(['healthy', 'not healthy', 'healthy']);
    for (const page of polled) {
      expect(page.value('zeebe_topology_up')).toBe(1);
      expect(page.value('zeebe_topology_cluster_size')).toBe(3);
      expect(page.value('zeebe_topology_partitions')).toBe(3);
      expect(page.value('zeebe_topology_replication_factor')).toBe(3);
      for (const { id } of others) expect(page.value('zeebe_topology_broker_up', { broker: id })).toBe(1);
    }
  });
});

async function leaderAndAnother(brokers: readonly Broker[]): Promise<[leader: Broker, another: Broker]> {
  const roles = await Promise.all(brokers.map((broker) => broker.roles()));
  const leader = brokers.find((_, index) => roles[index]?.['1'] === 'leader');
  const another = brokers.find((broker) => broker !== leader);
  if (leader === undefined || another === undefined) throw new Error('Partition 1 has no leader');
  return [leader, another];
}

function partitionsLed(roles: Readonly<Record<string, string>>): string[] {
  return Object.keys(roles).filter((partition) => roles[partition] === 'leader');
}

function partitionsWithChanges(page: Exposition): (string | undefined)[] {
  return page
    .series('zeebe_topology_partition_leader_changes_total')
    .filter(({ value }) => value > 0)
    .map(({ labels }) => labels.partition);
}

/** Returns the verdicts in order, without repetitions. */
function verdictHistory(pages: readonly Exposition[]): string[] {
  const notHealthy = ['degraded', 'unhealthy'];
  return pages
    .map((page) => page.set('zeebe_topology_cluster_health', 'health').join())
    .map((verdict) => (notHealthy.includes(verdict) ? 'not healthy' : verdict))
    .filter((verdict, index, all) => verdict !== all[index - 1]);
}

/** Returns the series of the clusters, in the format of `seriesOf`. */
function readOpenMetrics(text: string): string[] {
  const script = `
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        if sample.name.startswith('zeebe_topology_'):
            print(sample.name, sorted(sample.labels.items()), family.type)
`;
  const { status, stdout, stderr } = spawnSync('python3', ['-c', script], {
    input: text,
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: prometheusClient.folder },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.trimEnd().split('\n');
}

function seriesOf(page: Exposition): string[] {
  return [...page.families.values()]
    .flatMap(({ type, samples }) => samples.map(({ name, labels }) => ({ type, name, labels })))
    .filter(({ name }) => name.startsWith('zeebe_topology_'))
    .map(({ type, name, labels }) => {
      const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
      return `${name} [${pairs.map(([label, value]) => `('${label}', '${value}')`).join(', ')}] ${type}`;
    });
}
