import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { verdicts as all } from '../../src/zeebe/verdict.ts';
import { stat, timeline } from '../graphs.ts';
import { rowToCluster, runbook, seriesToCluster } from '../links.ts';
import { thresholds } from '../panel.ts';
import { verdictStates } from '../states.ts';
import { table } from '../tables.ts';
import {
  brokersMissing,
  partitionsBelowFactor,
  partitionsWithoutLeader,
  sinceLastSuccess,
  verdict,
} from './expressions.ts';

const anyIsBad = thresholds('green', { value: 1, color: 'red' });

/** Each count in the color of its verdict where it is not 0. */
export function clustersByVerdict(): Builder<Panel> {
  const panel = stat({
    title: 'Clusters by verdict',
    description:
      'How many clusters each verdict holds for, as of their last polls. Unknown: the last poll failed, or the gateway knows no topology.',
    width: 24,
    height: 4,
    queries: all.map((name, place) => ({ expr: `sum(${verdict} == bool ${place})`, legend: name })),
    unit: 'short',
    thresholds: thresholds('transparent'),
    noValue: 'No cluster is watched',
  });
  for (const { text, color } of verdictStates) {
    const colored = thresholds('transparent', { value: 1, color }).build();
    panel.overrideByName(text, [{ id: 'thresholds', value: colored }]);
  }
  return panel;
}

export const clusters = () =>
  table({
    title: 'Clusters',
    description:
      'Each cluster and what is wrong with it, the worst first. A failed poll leaves all but the verdict and the last success empty: it is not known then. Click a cluster to see more.',
    width: 24,
    height: 10,
    labels: [
      { title: 'Cluster', label: 'zeebe_cluster', dataLink: rowToCluster },
      { title: 'Job', label: 'job' },
    ],
    values: [
      { title: 'Verdict', expr: verdict, states: verdictStates },
      { title: 'Brokers missing', expr: brokersMissing, thresholds: anyIsBad },
      { title: 'Partitions without leader', expr: partitionsWithoutLeader, thresholds: anyIsBad },
      { title: 'Partitions below the factor', expr: partitionsBelowFactor, thresholds: anyIsBad },
      { title: 'Last success', expr: sinceLastSuccess, unit: 's', decimals: 0 },
    ],
    sortBy: 'Verdict',
    descending: true,
    noValue: '–',
    links: [runbook('ClusterUnhealthy'), runbook('ClusterDegraded'), runbook('ClusterUnknown')],
  });

export const verdictsOverTime = () =>
  timeline({
    title: 'Verdicts over time',
    description:
      'The verdict on each cluster. A gap: no exporter told one. Of many clusters, one page is shown at a time.',
    width: 24,
    height: 10,
    queries: [{ expr: verdict, legend: '{{zeebe_cluster}}' }],
    states: verdictStates,
    dataLink: seriesToCluster,
  });

export const verdictNow = () =>
  stat({
    title: 'Verdict',
    description:
      'The verdict as of the last poll. Unknown: the last poll failed, or the gateway knows no topology. Empty: no exporter that is selected watches the cluster.',
    width: 4,
    height: 4,
    queries: [{ expr: verdict, legend: '{{zeebe_cluster}}' }],
    unit: 'none',
    thresholds: thresholds('transparent'),
    states: verdictStates,
    noValue: 'Not watched',
    links: [runbook('ClusterUnhealthy'), runbook('ClusterDegraded'), runbook('ClusterUnknown')],
  });

export const verdictOverTime = () =>
  timeline({
    title: 'Verdict over time',
    description: 'The verdict as of each poll. A gap: no exporter told one.',
    width: 24,
    height: 4,
    queries: [{ expr: verdict, legend: '{{zeebe_cluster}}' }],
    states: verdictStates,
  });
