import { highest } from '../../prometheus/expressions.ts';
import { bars, lines, stat, timeline } from '../graphs.ts';
import { runbook, seriesToCluster } from '../links.ts';
import { thresholds } from '../panel.ts';
import { ofCluster, rate } from '../queries.ts';
import { pollStates } from '../states.ts';
import { perMinute, quantile, sinceLastSuccess } from './expressions.ts';

const duration = 'zeebe_topology_poll_duration_seconds';
const failures = 'zeebe_topology_poll_failures_total';

export const pollRates = () =>
  lines({
    title: 'Polls per second, by exporter',
    description: 'Polls of all clusters that are selected, whatever came of them. 0: the exporter no longer polls.',
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
    title: 'Duration of polls, the 10 slowest clusters',
    description:
      'What 95 of 100 polls take at most, token request included, of the exporter that waits longest. A gap: no poll ended.',
    width: 12,
    height: 8,
    unit: 's',
    min: 0,
    queries: [{ expr: `topk(10, ${quantile(0.95, duration)})`, legend: '{{zeebe_cluster}}' }],
    dataLink: seriesToCluster,
  });

export const failuresByReason = () =>
  bars({
    title: 'Failed polls of all clusters per minute, by reason',
    description: 'For each cluster, of the exporter with most. No bar: none failed.',
    width: 12,
    height: 8,
    unit: 'cpm',
    queries: [{ expr: `sum by (reason) (${perMinute(failures)})`, legend: '{{reason}}' }],
    links: [runbook('PollsFailing')],
  });

export const lastSuccess = () =>
  stat({
    title: 'Since the last success',
    description: 'How long ago the last successful poll ended. Empty: there was none yet.',
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
    title: 'Last poll',
    description: 'Whether the last poll succeeded for any exporter. A gap: no exporter told.',
    width: 24,
    height: 4,
    queries: [{ expr: highest(ofCluster('zeebe_topology_up')), legend: '{{zeebe_cluster}}' }],
    states: pollStates,
    links: [runbook('ClusterUnreachable')],
  });

export const durations = () =>
  lines({
    title: 'Duration of polls',
    description:
      'What half of the polls, 95 and 99 of 100 take at most, token request included, of the exporter that waits longest. A gap: no poll ended.',
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
    description: 'Of the exporter with most. No bar: none failed.',
    width: 12,
    height: 8,
    unit: 'cpm',
    queries: [{ expr: perMinute(failures), legend: '{{zeebe_cluster}}: {{reason}}' }],
    links: [runbook('PollsFailing')],
  });

export const pollFrequency = () =>
  lines({
    title: 'Polls per second',
    description: 'Of the exporter that polls most, whatever came of them, beside what its interval asks for.',
    width: 12,
    height: 8,
    unit: 'cps',
    min: 0,
    queries: [
      { expr: highest(rate(ofCluster('zeebe_topology_polls_total'))), legend: '{{zeebe_cluster}}: polls' },
      {
        expr: `1 / ${highest(ofCluster('zeebe_topology_poll_interval_seconds'))}`,
        legend: '{{zeebe_cluster}}: by the interval',
      },
    ],
    links: [runbook('PollerStuck')],
  });

export const statusCodes = () =>
  lines({
    title: 'HTTP status of the last answer',
    description: 'Of the highest status, where exporters got several. A gap: the last poll got no answer.',
    width: 12,
    height: 8,
    unit: 'none',
    queries: [{ expr: highest(ofCluster('zeebe_topology_last_http_status_code')), legend: '{{zeebe_cluster}}' }],
  });
