import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { revision, version } from '../version.ts';
import { readingLines, readRegistry } from './counters.ts';
import { type Family, type Format, header } from './family.ts';

/** The exporter's own metrics, and the process's. */
export interface ProcessMetrics {
  readonly reloaded: (succeeded: boolean, at: number) => void;
  /** The expiry is that of the certificate served, in Unix time in milliseconds; undefined where TLS is off. */
  readonly webConfigRead: (succeeded: boolean, certificateExpiry: number | undefined) => void;
  /** Their part of the page, in both formats. */
  readonly render: () => Promise<(format: Format) => string>;
}

/** Default metrics that are left out. */
const leftOut = [
  // Gauges with the name of a counter.
  ...['handles', 'requests', 'resources'].map((counted) => `nodejs_active_${counted}_total`),
  // On an idle process they report the period of the event loop's monitor, 1 s, as lag.
  ...['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map(
    (statistic) => `nodejs_eventloop_lag_${statistic}_seconds`,
  ),
];

export function createProcessMetrics(): ProcessMetrics {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: 'zeebe_topology_exporter_build_info',
    help: 'Version of the exporter, the commit it was built from, and the Node.js it runs on; always 1.',
    labelNames: ['version', 'revision', 'nodejs'],
    registers,
  }).set({ version, revision, nodejs: process.version }, 1);
  const reloadSuccessful = new Gauge({
    name: 'zeebe_topology_exporter_config_last_reload_successful',
    help: 'Whether the last attempt to read the configuration succeeded (1) or failed (0).',
    registers,
  });
  const reloadSuccessAt = new Gauge({
    name: 'zeebe_topology_exporter_config_last_reload_success_timestamp_seconds',
    help: 'When the configuration was last read with success, in Unix time.',
    registers,
  });
  // Registered when first told: without a web configuration, or without TLS, they are not there.
  const webConfigSuccessful = new Gauge({
    name: 'zeebe_topology_exporter_web_config_last_reload_successful',
    help: 'Whether the last attempt to read the web configuration succeeded (1), or failed and the one before is in use (0).',
    registers: [],
  });
  const certificateExpiresAt = new Gauge({
    name: 'zeebe_topology_exporter_tls_certificate_expiry_timestamp_seconds',
    help: 'When the first of the certificates that the exporter serves with expires, in Unix time.',
    registers: [],
  });
  // The monitor runs although what it measures is left out. At the default of 10 ms it is most of what an idle exporter costs.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 1000 });
  for (const name of leftOut) registry.removeSingleMetric(name);

  return {
    reloaded: (succeeded, at) => {
      reloadSuccessful.set(Number(succeeded));
      if (succeeded) reloadSuccessAt.set(at / 1000);
    },
    webConfigRead: (succeeded, certificateExpiry) => {
      registry.registerMetric(webConfigSuccessful);
      webConfigSuccessful.set(Number(succeeded));
      if (certificateExpiry === undefined) return;
      registry.registerMetric(certificateExpiresAt);
      certificateExpiresAt.set(certificateExpiry / 1000);
    },
    render: async () => {
      const readings = [...(await readRegistry(registry)).values()];
      const parts = readings.map((reading) => ({ family: familyOf(reading), lines: readingLines(reading) }));
      return (format) => parts.map(({ family, lines }) => header(family, format) + lines).join('');
    },
  };
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
