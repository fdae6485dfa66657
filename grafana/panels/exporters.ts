import { defaultThresholds } from '../../prometheus/thresholds.ts';
import { lines, timeline } from '../graphs.ts';
import { runbook } from '../links.ts';
import { ofExporter, rate } from '../queries.ts';
import { exporterStates, reloadStates } from '../states.ts';
import { table } from '../tables.ts';

/** Without the name of the metric: rows of several metrics would not be one row else. */
function nameless(expression: string): string {
  return `max without () (${expression})`;
}

/** Targets that once were exporters, by what they exposed: the name of a job tells nothing. */
const up =
  `${ofExporter('up')} and ignoring (version, revision, nodejs) ` +
  `last_over_time(${ofExporter('zeebe_topology_exporter_build_info')}[${defaultThresholds.exporterRemembered}])`;

export const exporters = () =>
  table({
    title: 'Exporters',
    description:
      'Each exporter that was scraped within a day, whether its last scrape succeeded, and its last reload of the configuration. Where it is down only that is known.',
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
      { title: 'Last scrape', expr: nameless(up), states: exporterStates },
      { expr: nameless(ofExporter('zeebe_topology_exporter_build_info')) },
      {
        title: 'Last reload',
        expr: nameless(ofExporter('zeebe_topology_exporter_config_last_reload_successful')),
        states: reloadStates,
      },
      {
        title: 'Configuration read',
        expr: `time() - ${ofExporter('zeebe_topology_exporter_config_last_reload_success_timestamp_seconds')}`,
        unit: 's',
        decimals: 0,
      },
      { title: 'Memory', expr: nameless(ofExporter('process_resident_memory_bytes')), unit: 'bytes', decimals: 0 },
    ],
    sortBy: 'Last scrape',
    noValue: '–',
    links: [runbook('ExporterDown'), runbook('ExporterTargetDown'), runbook('ReloadFailed')],
  });

export const scrapes = () =>
  timeline({
    title: 'Scrapes of exporters',
    description: 'Whether the scrapes succeed. A gap: the target was not scraped at all.',
    width: 12,
    height: 7,
    queries: [{ expr: up, legend: '{{instance}}' }],
    states: exporterStates,
    links: [runbook('ExporterDown'), runbook('ExporterTargetDown')],
  });

export const processorTime = () =>
  lines({
    title: 'Processor time of exporters',
    description: 'In cores: 1 is one core that does nothing else.',
    width: 12,
    height: 7,
    unit: 'short',
    min: 0,
    queries: [{ expr: rate(ofExporter('process_cpu_seconds_total')), legend: '{{instance}}' }],
  });
