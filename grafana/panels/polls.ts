import { highest } from '../../prometheus/expressions.ts';
import { bars, lines, stat, timeline } from '../graphs.ts';
import { runbook, seriesToCluster } from '../links.ts';
import { thresholds } from '../panel.ts';
import { ofCluster, rate, rateOverTimeRange } from '../queries.ts';
import { pollStates } from '../states.ts';
import { perMinute, quantile, sinceLastSuccess } from './expressions.ts';

const duration = 'zeebe_topology_poll_duration_seconds';
const failures = 'zeebe_topology_poll_failures_total';

export const pollRates = () =>
  lines({
    title: 'Polls per second, by exporter',
    description: 'Completed polls of all selected clusters, successful or not. 0: the exporter no longer polls.',
    width: 12,
    height: 8,
    unit: 'cps',
    min: 0,
    queries: [
      {
        expr: `sum without (zeebe_cluster) (${rate(ofCluster('zeebe_topology_polls_total'))})`,
        legend: '{{instance}}',
      },
    ],
    links: [runbook('PollerStuck')],
  });

export const slowestPolls = () =>
  lines({
    title: 'Poll duration, 10 slowest clusters',
    description:
      '95th percentile of the slowest exporter, including token requests, of the clusters with the highest in the time range. A gap: no poll was completed.',
    width: 12,
    height: 8,
    unit: 's',
    min: 0,
    queries: [
      {
        expr: `${quantile(0.95, duration)} and topk(10, ${quantile(0.95, duration, rateOverTimeRange)})`,
        legend: '{{zeebe_cluster}}',
      },
    ],
    dataLink: seriesToCluster,
  });

export const failuresByReason = () =>
  bars({
    title: 'Failed polls per minute of all clusters, by reason',
    description: 'Of each cluster, the exporter with the most failures counts. No bar: no poll failed.',
    width: 12,
    height: 8,
    unit: 'cpm',
    queries: [{ expr: `sum by (reason) (${perMinute(ofCluster(failures))})`, legend: '{{reason}}' }],
    links: [runbook('PollsFailing')],
  });

export const lastSuccess = () =>
  stat({
    title: 'Time since the last success',
    description: 'Time since the end of the last successful poll. Empty: no poll has succeeded yet.',
    width: 4,
    height: 4,
    queries: [{ expr: sinceLastSuccess, legend: '{{zeebe_cluster}}' }],
    unit: 's',
    thresholds: thresholds('green', { value: 120, color: 'yellow' }, { value: 600, color: 'red' }),
    noValue: 'None yet',
    links: [runbook('LastSuccessTooOld')],
  });

export const pollsOverTime = () =>
  timeline({
    title: 'Poll results over time',
    description: 'Whether the last poll of any exporter succeeded. A gap: no data.',
    width: 24,
    height: 4,
    queries: [{ expr: highest(ofCluster('zeebe_topology_up')), legend: '{{zeebe_cluster}}' }],
    states: pollStates,
    links: [runbook('ClusterUnreachable')],
  });

export const durations = () =>
  lines({
    title: 'Poll duration',
    description:
      '50th, 95th and 99th percentile of the slowest exporter, including token requests. A gap: no poll was completed.',
    width: 12,
    height: 8,
    unit: 's',
    min: 0,
    queries: [0.5, 0.95, 0.99].map((share) => ({
      expr: quantile(share, duration),
      legend: `{{zeebe_cluster}}: ${share * 100} %`,
    })),
  });

export const failedPolls = () =>
  bars({
    title: 'Failed polls per minute, by reason',
    description: 'Of the exporter with the most failures. No bar: no poll failed.',
    width: 12,
    height: 8,
    unit: 'cpm',
    queries: [{ expr: perMinute(ofCluster(failures)), legend: '{{zeebe_cluster}}: {{reason}}' }],
    links: [runbook('PollsFailing')],
  });

export const pollFrequency = () =>
  lines({
    title: 'Polls per second',
    description:
      'Completed polls of the exporter with the most, successful or not, and the rate expected from the poll interval.',
    width: 12,
    height: 8,
    unit: 'cps',
    min: 0,
    queries: [
      { expr: highest(rate(ofCluster('zeebe_topology_polls_total'))), legend: '{{zeebe_cluster}}: polls' },
      {
        expr: `1 / ${highest(ofCluster('zeebe_topology_poll_interval_seconds'))}`,
        legend: '{{zeebe_cluster}}: expected',
      },
    ],
    links: [runbook('PollerStuck')],
  });

export const statusCodes = () =>
  lines({
    title: 'HTTP status of the last response',
    description: 'The highest status, if exporters received different ones. A gap: the last poll received no response.',
    width: 12,
    height: 8,
    unit: 'none',
    queries: [{ expr: highest(ofCluster('zeebe_topology_last_http_status_code')), legend: '{{zeebe_cluster}}' }],
  });
