import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { highest } from '../../prometheus/expressions.ts';
import { verdicts as all } from '../../src/zeebe/verdict.ts';
import { stat, timeline } from '../graphs.ts';
import { rowToCluster, runbook, seriesToCluster } from '../links.ts';
import { redIfAny, thresholds } from '../panel.ts';
import { ofCluster } from '../queries.ts';
import { verdictStates } from '../states.ts';
import { table } from '../tables.ts';
import {
  brokersMissing,
  healthyShare,
  partitionsWithoutLeader,
  sinceLastSuccess,
  underReplicatedPartitions,
  verdict,
} from './expressions.ts';

/** Colors each count that is not 0 by its verdict. */
export function clustersByVerdict(): Builder<Panel> {
  const panel = stat({
    title: 'Clusters by verdict',
    description:
      'Number of clusters per verdict, as of their last polls. Unknown: the last poll failed, or the gateway knows no topology.',
    width: 24,
    height: 4,
    queries: all.map((name, place) => ({ expr: `sum(${verdict} == bool ${place})`, legend: name })),
    unit: 'short',
    thresholds: thresholds('transparent'),
    noValue: 'No cluster is monitored',
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
      'Each cluster with its problems, the worst first. While polls fail, only the verdict and the last success are known. Click a cluster for details.',
    width: 24,
    height: 10,
    labels: [
      { title: 'Cluster', label: 'zeebe_cluster', dataLink: rowToCluster },
      { title: 'Job', label: 'job' },
    ],
    values: [
      { title: 'Verdict', expr: verdict, states: verdictStates },
      { title: 'Brokers missing', expr: brokersMissing, thresholds: redIfAny },
      { title: 'Partitions without leader', expr: partitionsWithoutLeader, thresholds: redIfAny },
      { title: 'Under-replicated partitions', expr: underReplicatedPartitions, thresholds: redIfAny },
      { title: 'Physical tenants', expr: highest(ofCluster('zeebe_topology_physical_tenants')) },
      { title: 'Last success', expr: sinceLastSuccess, unit: 's', decimals: 0 },
    ],
    sortBy: 'Verdict',
    descending: true,
    noValue: '–',
    links: [runbook('ClusterUnhealthy'), runbook('ClusterDegraded'), runbook('ClusterUnknown')],
  });

export const verdictsOverTime = () =>
  timeline({
    title: 'Verdicts over time, 40 least healthy clusters',
    description:
      'The verdict on the clusters that were healthy for the smallest share of the time range. A gap: no data. Many clusters are split into pages.',
    width: 24,
    height: 10,
    queries: [{ expr: `${verdict} and bottomk(40, ${healthyShare})`, legend: '{{zeebe_cluster}}' }],
    states: verdictStates,
    dataLink: seriesToCluster,
  });

export const verdictNow = () =>
  stat({
    title: 'Verdict',
    description:
      'The verdict as of the last poll. Unknown: the last poll failed, or the gateway knows no topology. Empty: no selected exporter monitors the cluster.',
    width: 4,
    height: 4,
    queries: [{ expr: verdict, legend: '{{zeebe_cluster}}' }],
    unit: 'none',
    thresholds: thresholds('transparent'),
    states: verdictStates,
    noValue: 'Not monitored',
    links: [runbook('ClusterUnhealthy'), runbook('ClusterDegraded'), runbook('ClusterUnknown')],
  });

export const verdictOverTime = () =>
  timeline({
    title: 'Verdict over time',
    description: 'The verdict as of each poll. A gap: no data.',
    width: 24,
    height: 4,
    queries: [{ expr: verdict, legend: '{{zeebe_cluster}}' }],
    states: verdictStates,
  });
