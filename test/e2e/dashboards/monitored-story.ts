import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { rules } from '../../../prometheus/rules.ts';
import { type AlertName, type Duration, defaultThresholds, type Thresholds } from '../../../prometheus/thresholds.ts';
import { clusterEntries } from '../../../src/demo.ts';
import { fastStory } from '../../../src/simulator/fast-story.ts';
import { type RunningStory, startStory } from '../../../src/simulator/story.ts';
import { wallClock } from '../../../src/simulator/wall-clock.ts';
import { createSystemFolder, start, untilUp } from '../process.ts';
import { type PrometheusWithRules, startPrometheus } from './prometheus.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const command = [join(root, 'node_modules', '.bin', 'node'), join(root, 'src', 'main.ts')] as const;

export const job = 'zeebe-topology';

/** The simulated story, two exporters that poll its clusters, and a Prometheus that scrapes both. */
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
  const story = await startStory({ story: fastStory, clock: { ...wallClock, now } });
  const certificates = await serveCertificates();
  const first = await startExporter(story);
  const second = await startExporter(story);
  const prometheus = await startPrometheus(
    [
      { job_name: job, static_configs: [{ targets: [first.address, second.address] }] },
      { job_name: 'certificates', static_configs: [{ targets: [certificates.address] }] },
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
      await Promise.all([prometheus.stop(), first.stop(), second.stop(), certificates.stop()]);
      await story.close();
    },
  };
}

async function startExporter(story: RunningStory) {
  const at = await createSystemFolder('exporter');
  const file = join(at.data, 'exporter.yaml');
  await writeFile(file, configuration(story));
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

function configuration({ clusters }: RunningStory): string {
  return JSON.stringify({ poll_interval: '1s', clusters: clusterEntries(clusters) });
}

export const daysLeft = { cluster: 60, token: 7, exporter: 30 } as const;

/** Serves the series of certificates in the exporter's format, since the story does not use TLS. */
async function serveCertificates() {
  const inDays = (days: number) => Math.round(Date.now() / 1000) + days * 86_400;
  const family = 'zeebe_topology_tls_certificate_expiry_timestamp_seconds';
  const page = [
    `${family}{zeebe_cluster="payments",endpoint="cluster",role="server"} ${inDays(daysLeft.cluster)}`,
    `${family}{zeebe_cluster="inventory",endpoint="token",role="server"} ${inDays(daysLeft.token)}`,
    `zeebe_topology_exporter_tls_certificate_expiry_timestamp_seconds ${inDays(daysLeft.exporter)}`,
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
