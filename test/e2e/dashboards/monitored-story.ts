import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { rules } from '../../../prometheus/rules.ts';
import { type AlertName, type Duration, defaultThresholds, type Thresholds } from '../../../prometheus/thresholds.ts';
import { clusterEntries } from '../../../src/demo.ts';
import { fastStory } from '../../../src/simulator/fast-story.ts';
import { startSimulatedCluster } from '../../../src/simulator/simulated-cluster.ts';
import { type RunningStory, startStory } from '../../../src/simulator/story.ts';
import { type WallClock, wallClock } from '../../../src/simulator/wall-clock.ts';
import { createSystemFolder, start, untilUp } from '../process.ts';
import { type PrometheusWithRules, startPrometheus } from './prometheus.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const command = [join(root, 'node_modules', '.bin', 'node'), join(root, 'src', 'main.ts')] as const;

export const job = 'zeebe-topology';

/** The simulated story and a cluster of physical tenants, two exporters that poll them, and a Prometheus that scrapes both. */
export interface MonitoredStory {
  readonly prometheus: PrometheusWithRules;
  /** `host:port` of the first exporter, and of the second one, which can be stopped. */
  readonly instances: readonly [string, string];
  /** Starts the story, once both exporters have polled. */
  readonly begin: () => void;
  readonly stopSecond: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts all of them. The story stands still until `begin` is called. */
export async function startMonitoredStory(): Promise<MonitoredStory> {
  const heldAt = Date.now();
  let begunAt: number | undefined;
  const now = () => (begunAt === undefined ? heldAt : heldAt + Date.now() - begunAt);
  const clock = { ...wallClock, now };
  const story = await startStory({ story: fastStory, clock });
  const tenants = await startTenants(clock);
  const file = configuration(story, tenants.address);
  const constants = await serveConstants();
  const first = await startExporter(file);
  const second = await startExporter(file);
  const prometheus = await startPrometheus(
    [
      { job_name: job, static_configs: [{ targets: [first.address, second.address] }] },
      { job_name: 'constants', static_configs: [{ targets: [constants.address] }] },
    ],
    rules(shortThresholds),
  );
  return {
    prometheus,
    instances: [first.address, second.address],
    begin: () => {
      begunAt = Date.now();
    },
    stopSecond: second.stop,
    stop: async () => {
      await Promise.all([prometheus.stop(), first.stop(), second.stop(), constants.stop()]);
      await Promise.all([story.close(), tenants.close()]);
    },
  };
}

/** Starts a cluster of three physical tenants. One of them is in recovery mode for a while. */
function startTenants(clock: WallClock) {
  return startSimulatedCluster({
    clock,
    version: '8.10.0',
    partitions: 2,
    physicalTenants: { orders: { partitions: 2 }, returns: { partitions: 1 } },
    clusterAdmin: { method: 'none' },
    script: {
      events: [
        { at: 12_000, event: { type: 'leader-moves', partition: 1, tenant: 'returns' } },
        { at: 40_000, event: { type: 'mode-changes', mode: 'recovering', tenant: 'orders' } },
        { at: 60_000, event: { type: 'mode-changes', mode: 'processing', tenant: 'orders' } },
      ],
    },
  });
}

async function startExporter(configuration: string) {
  const at = await createSystemFolder('exporter');
  const file = join(at.data, 'exporter.yaml');
  await writeFile(file, configuration);
  const running = start(at, [...command, `--config.file=${file}`, '--web.listen-address=127.0.0.1:0']);
  let address = '';
  await untilUp('The exporter', running, 60, () => {
    const line = running
      .output()
      .split('\n')
      .find((text) => text.includes('listening'));
    const logged: { address?: string } = JSON.parse(line ?? '{}');
    if (logged.address === undefined) throw new Error('the log names no listen address');
    address = logged.address;
  });
  return { address, stop: running.stop };
}

function configuration({ clusters }: RunningStory, tenants: URL): string {
  const shipping = { name: 'shipping', address: tenants.href, physical_tenants: 'all' };
  return JSON.stringify({ poll_interval: '1s', clusters: [...clusterEntries(clusters), shipping] });
}

export const daysLeft = { cluster: 60, token: 7, exporter: 30 } as const;

/** Serves series of the exporter for what the story does not use: TLS, discovery, leader election and shards. */
async function serveConstants() {
  const inDays = (days: number) => Math.round(Date.now() / 1000) + days * 86_400;
  const family = 'zeebe_topology_tls_certificate_expiry_timestamp_seconds';
  const page = [
    `${family}{zeebe_cluster="payments",endpoint="cluster",role="server"} ${inDays(daysLeft.cluster)}`,
    `${family}{zeebe_cluster="inventory",endpoint="token",role="server"} ${inDays(daysLeft.token)}`,
    `zeebe_topology_exporter_tls_certificate_expiry_timestamp_seconds ${inDays(daysLeft.exporter)}`,
    'zeebe_topology_discovery_up{provider="files"} 1',
    'zeebe_topology_discovery_clusters{provider="files"} 4',
    `zeebe_topology_discovery_last_success_timestamp_seconds{provider="files"} ${inDays(-1)}`,
    'zeebe_topology_exporter_total_shards{shard="0"} 1',
    'zeebe_topology_exporter_leader 1',
  ];
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4').end(`${page.join('\n')}\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    stop: async () => {
      server.close().closeAllConnections();
    },
  };
}

/** Alerts fire within the seconds that the failures of the story last. */
const shortThresholds: Thresholds = {
  ...defaultThresholds,
  lookback: '5s',
  failureWindow: '10s',
  holdsFor: forAllAlerts('2s'),
};

function forAllAlerts(duration: Duration): Thresholds['holdsFor'] {
  const names = Object.keys(defaultThresholds.holdsFor) as AlertName[];
  return Object.fromEntries(names.map((name) => [name, duration])) as Record<AlertName, Duration>;
}
