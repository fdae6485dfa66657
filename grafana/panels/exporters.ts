import { defaultThresholds } from '../../prometheus/thresholds.ts';
import { lines, timeline } from '../graphs.ts';
import { runbook } from '../links.ts';
import { ofExporter, rate, withoutName } from '../queries.ts';
import { exporterStates, reloadStates } from '../states.ts';
import { table } from '../tables.ts';

/** Targets that have exposed metrics of the exporter, for any job name. */
const up =
  `${ofExporter('up')} and ignoring (version, revision, nodejs) ` +
  `last_over_time(${ofExporter('zeebe_topology_exporter_build_info')}[${defaultThresholds.exporterRemembered}])`;

export const exporters = () =>
  table({
    title: 'Exporters',
    description:
      'Each exporter that was scraped within a day, with the results of its last scrape and its last configuration reload. If an exporter is down, the other columns are empty.',
    width: 24,
    height: 7,
    labels: [
      { title: 'Exporter', label: 'instance' },
      { title: 'Job', label: 'job' },
      { title: 'Version', label: 'version' },
      { title: 'Commit', label: 'revision' },
      { title: 'Node.js', label: 'nodejs' },
    ],
    values: [
      { title: 'Last scrape', expr: withoutName(up), states: exporterStates },
      { expr: withoutName(ofExporter('zeebe_topology_exporter_build_info')) },
      {
        title: 'Last reload',
        expr: withoutName(ofExporter('zeebe_topology_exporter_config_last_reload_successful')),
        states: reloadStates,
      },
      {
        title: 'Configuration age',
        expr: `time() - ${ofExporter('zeebe_topology_exporter_config_last_reload_success_timestamp_seconds')}`,
        unit: 's',
        decimals: 0,
      },
      { title: 'Memory', expr: withoutName(ofExporter('process_resident_memory_bytes')), unit: 'bytes', decimals: 0 },
    ],
    sortBy: 'Last scrape',
    noValue: '–',
    links: [runbook('ExporterDown'), runbook('ExporterTargetDown'), runbook('ReloadFailed')],
  });

export const scrapes = () =>
  timeline({
    title: 'Scrapes of exporters',
    description: 'Whether the scrapes succeed. A gap: the target was not scraped.',
    width: 12,
    height: 7,
    queries: [{ expr: up, legend: '{{instance}}' }],
    states: exporterStates,
    links: [runbook('ExporterDown'), runbook('ExporterTargetDown')],
  });

export const cpuUsage = () =>
  lines({
    title: 'CPU usage of exporters',
    description: 'In cores: 1 is one fully used core.',
    width: 12,
    height: 7,
    unit: 'short',
    min: 0,
    queries: [{ expr: rate(ofExporter('process_cpu_seconds_total')), legend: '{{instance}}' }],
  });
