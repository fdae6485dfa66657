import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Shard } from '../config/replica-settings.ts';
import { revision, version } from '../version.ts';
import { createDiscoveryMetrics, type DiscoveryMetrics } from './discovery-metrics.ts';
import { type Family, type Format, header } from './family.ts';
import { linesOfMetric, readRegistry } from './registry.ts';

/** The metrics of the exporter itself and those of its process. */
export interface ProcessMetrics extends DiscoveryMetrics {
  /** `at` in Unix time in milliseconds. */
  readonly reloaded: (succeeded: boolean, at: number) => void;
  /** The expiry is that of the certificate served, in Unix time in milliseconds; undefined without TLS. */
  readonly webConfigRead: (succeeded: boolean, certificateExpiry: number | undefined) => void;
  /** Whether this exporter leads. Absent from the page until it is called. */
  readonly leads: (leads: boolean) => void;
  /** Returns their part of the page, in both formats. */
  readonly render: () => Promise<(format: Format) => string>;
}

export interface ProcessMetricsOptions {
  /** Absent: the exporter polls all clusters. */
  readonly shard?: Shard | undefined;
}

export function createProcessMetrics({ shard }: ProcessMetricsOptions = {}): ProcessMetrics {
  const registry = new Registry();
  addBuildInfo(registry);
  if (shard) addTotalShards(registry, shard);
  const reloaded = addReloadMetrics(registry);
  const webConfigRead = addWebConfigMetrics(registry);
  const leads = addLeader(registry);
  const { discovered, notDiscovered } = createDiscoveryMetrics(registry);
  addDefaultMetrics(registry);
  return {
    reloaded,
    webConfigRead,
    leads,
    discovered,
    notDiscovered,
    render: async () => {
      const metrics = await readRegistry(registry);
      const parts = metrics.map((metric) => ({ family: familyOf(metric), lines: linesOfMetric(metric) }));
      return (format) => parts.map(({ family, lines }) => header(family, format) + lines).join('');
    },
  };
}

function addBuildInfo(registry: Registry): void {
  new Gauge({
    name: 'zeebe_topology_exporter_build_info',
    help: 'Version of the exporter, the commit it was built from, and the version of Node.js; always 1.',
    labelNames: ['version', 'revision', 'nodejs'],
    registers: [registry],
  }).set({ version, revision, nodejs: process.version }, 1);
}

function addTotalShards(registry: Registry, { index, total }: Shard): void {
  new Gauge({
    name: 'zeebe_topology_exporter_total_shards',
    help: 'Number of exporters among which the clusters are divided; the label is the shard of this exporter, from 0.',
    labelNames: ['shard'],
    registers: [registry],
  }).set({ shard: index }, total);
}

function addLeader(registry: Registry): ProcessMetrics['leads'] {
  const leader = new Gauge({
    name: 'zeebe_topology_exporter_leader',
    help: 'Whether this exporter leads and polls the clusters (1) or stands by (0).',
    registers: [],
  });
  return (leads) => {
    registry.registerMetric(leader);
    leader.set(Number(leads));
  };
}

function addReloadMetrics(registry: Registry): ProcessMetrics['reloaded'] {
  const registers = [registry];
  const successful = new Gauge({
    name: 'zeebe_topology_exporter_config_last_reload_successful',
    help: 'Whether the last attempt to read the configuration succeeded (1) or failed (0).',
    registers,
  });
  const succeededAt = new Gauge({
    name: 'zeebe_topology_exporter_config_last_reload_success_timestamp_seconds',
    help: 'When the configuration was last read successfully, in Unix time.',
    registers,
  });
  return (succeeded, at) => {
    successful.set(Number(succeeded));
    if (succeeded) succeededAt.set(at / 1000);
  };
}

/** Registers each metric when it first has a value: without a web configuration, or without TLS, it is absent. */
function addWebConfigMetrics(registry: Registry): ProcessMetrics['webConfigRead'] {
  const successful = new Gauge({
    name: 'zeebe_topology_exporter_web_config_last_reload_successful',
    help: 'Whether the last attempt to read the web configuration succeeded (1), or failed and the previous one stays in use (0).',
    registers: [],
  });
  const expiresAt = new Gauge({
    name: 'zeebe_topology_exporter_tls_certificate_expiry_timestamp_seconds',
    help: 'Earliest expiry of the certificates that the exporter presents to its clients, in Unix time.',
    registers: [],
  });
  return (succeeded, certificateExpiry) => {
    registry.registerMetric(successful);
    successful.set(Number(succeeded));
    if (certificateExpiry === undefined) return;
    registry.registerMetric(expiresAt);
    expiresAt.set(certificateExpiry / 1000);
  };
}

/** Default metrics of prom-client that are left out. */
const omittedMetrics = [
  // Gauges named like counters.
  ...['handles', 'requests', 'resources'].map((counted) => `nodejs_active_${counted}_total`),
  // In an idle process, they report the period of the event loop's monitor, 1 s, as lag.
  ...['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map(
    (statistic) => `nodejs_eventloop_lag_${statistic}_seconds`,
  ),
];

function addDefaultMetrics(registry: Registry): void {
  // The monitor of the event loop runs although its metrics are omitted. With the default precision of 10 ms it would
  // take most of the CPU time of an idle exporter.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 1000 });
  for (const name of omittedMetrics) registry.removeSingleMetric(name);
}

function familyOf({
  name,
  help,
  type,
}: {
  readonly name: string;
  readonly help: string;
  readonly type: unknown;
}): Family {
  return { name, help, type: type === 'counter' || type === 'histogram' ? type : 'gauge' };
}
