import type { ReplicaHealth } from '../../src/zeebe/topology.ts';
import type { Verdict } from '../../src/zeebe/verdict.ts';
import {
  brokersMissing,
  hasLeader,
  healthyReplicas,
  highest,
  last,
  majority,
  oneOf,
  partitionsLed,
  reached,
  seen,
  wantedReplicas,
  without,
} from '../expressions.ts';
import type { Thresholds } from '../thresholds.ts';
import { type Alerts, cluster } from './alert.ts';

/** Alerts on the topology of the clusters. */
export const clusterAlerts: Alerts = (thresholds) => [
  {
    name: 'ClusterUnknown',
    severity: 'critical',
    expr: `
      ${reached(thresholds)} == 1
      unless ${verdict(thresholds, 'healthy', 'degraded', 'unhealthy')} == 1`,
    summary: 'The gateway of a Zeebe cluster knows no topology.',
    description: `The gateway of ${cluster} answers, but has had no topology for ${thresholds.lookback} or longer.`,
  },
  {
    name: 'ClusterUnhealthy',
    severity: 'critical',
    // Failed polls have the verdict unknown and change neither side. A single poll during an election does not fire.
    expr: `
      ${verdict(thresholds, 'unhealthy')} == 1
      unless ${verdict(thresholds, 'healthy', 'degraded')} == 1`,
    summary: 'A Zeebe cluster is unhealthy.',
    description:
      `Every successful poll of ${cluster} in the last ${thresholds.lookback} found a partition without a leader or ` +
      'with an unhealthy one.',
  },
  {
    name: 'ClusterDegraded',
    severity: 'warning',
    expr: `
      ${verdict(thresholds, 'degraded')} == 1
      unless ${verdict(thresholds, 'healthy')} == 1`,
    summary: 'A Zeebe cluster has been degraded for a long time.',
    description:
      `${cluster} has not been healthy for ${thresholds.holdsFor.ClusterDegraded}: it works, but brokers or replicas ` +
      'are missing or not healthy.',
  },
  {
    name: 'BrokerMissing',
    severity: 'warning',
    // Has the broker's name if the exporter knows it, else the number of missing brokers.
    expr: `
      ${brokerUp(thresholds)} == 0
      or (
        ${brokersMissing(thresholds)} > 0
        unless ignoring (broker) ${brokerUp(thresholds)} == 0
      )`,
    summary: 'A broker of a Zeebe cluster is missing.',
    description:
      '{{ with $labels.broker }}Broker {{ . }} has{{ else }}{{ $value }} brokers have{{ end }} been missing from ' +
      `${cluster} for ${thresholds.holdsFor.BrokerMissing} or longer.`,
  },
  {
    name: 'PartitionWithoutLeader',
    severity: 'critical',
    expr: `${hasLeader(thresholds)} == 0`,
    summary: 'A partition of a Zeebe cluster has no leader.',
    description: `Partition {{ $labels.partition }} of ${cluster} has no leader: its process instances make no progress.`,
  },
  {
    name: 'PartitionLeaderUnhealthy',
    severity: 'critical',
    // If two brokers claim the leadership, one of them is stale. The healthier one counts.
    expr: `
      ${highest(leaders(thresholds, 'unhealthy', 'dead'), 'role', 'health')}
      unless ignoring (broker) ${highest(leaders(thresholds, 'healthy', 'unknown'), 'role', 'health', 'broker')}`,
    summary: 'The leader of a partition of a Zeebe cluster is unhealthy.',
    description:
      `Broker {{ $labels.broker }} leads partition {{ $labels.partition }} of ${cluster} and reports it as unhealthy ` +
      'or dead: the partition makes no progress.',
  },
  {
    name: 'ReplicationBelowFactor',
    severity: 'warning',
    expr: `
      ${healthyReplicas(thresholds)}
      < ignoring (partition) group_left ${wantedReplicas(thresholds)}`,
    summary: 'A partition of a Zeebe cluster has too few healthy replicas.',
    description:
      `Partition {{ $labels.partition }} of ${cluster} has {{ $value }} healthy replicas, fewer than the ` +
      'replication factor.',
  },
  {
    name: 'QuorumAtRisk',
    severity: 'critical',
    // With a factor of 1 or 2 the partition cannot lose any replica, even when all are healthy.
    expr: `
      ${healthyReplicas(thresholds)}
      <= ignoring (partition) group_left ${majority(thresholds)}
      and ignoring (partition) ${wantedReplicas(thresholds)} > 2`,
    summary: 'A partition of a Zeebe cluster is at risk of losing its quorum.',
    description:
      `Partition {{ $labels.partition }} of ${cluster} has {{ $value }} healthy replicas, no more than a majority: ` +
      'it stops if one more is lost.',
  },
  {
    name: 'LeaderFlapping',
    severity: 'warning',
    expr: highest(
      `increase(zeebe_topology_partition_leader_changes_total[${thresholds.leaderChangesWindow}])` +
        ` >= ${thresholds.leaderChanges}`,
    ),
    summary: 'The leader of a partition of a Zeebe cluster changes repeatedly.',
    description:
      `Partition {{ $labels.partition }} of ${cluster} changed its leader {{ $value | printf "%.0f" }} times in ` +
      `${thresholds.leaderChangesWindow}.`,
  },
  {
    name: 'LeadersUneven',
    severity: 'info',
    expr: `
      max without (broker) (${partitionsLed(thresholds)})
      - min without (broker) (${partitionsLed(thresholds)})
      >= ${thresholds.leadersApart}`,
    summary: 'The leaders of a Zeebe cluster are unevenly distributed.',
    description: `One broker of ${cluster} leads {{ $value }} more partitions than another.`,
  },
  {
    name: 'VersionSkew',
    severity: 'warning',
    expr: `
      count without (version) (
        count ${without('instance', 'pod', 'container', 'endpoint', 'broker', 'host', 'port')} (
          ${last('zeebe_topology_broker_info', thresholds)} or ${last('zeebe_topology_gateway_info', thresholds)}
        )
      ) > 1`,
    summary: 'A Zeebe cluster has run several versions for a long time.',
    description:
      `The brokers and the gateway of ${cluster} have run {{ $value }} versions for ` +
      `${thresholds.holdsFor.VersionSkew}.`,
  },
  {
    name: 'ScalingStuck',
    severity: 'warning',
    // Replicas that join or leave, if the cluster reports it (8.10); else more replicas or brokers than expected.
    expr: `
      ${highest(last('zeebe_topology_partition_state{state=~"joining|leaving"}', thresholds), 'broker', 'state')} == 1
      or ${highest(last('zeebe_topology_partition_replicas', thresholds))}
        > ignoring (partition) group_left ${highest(last('zeebe_topology_replication_factor', thresholds))}
      or ${highest(`${last('zeebe_topology_brokers', thresholds)} - ${last('zeebe_topology_cluster_size', thresholds)}`)} > 0`,
    summary: 'The scaling of a Zeebe cluster does not finish.',
    description:
      '{{ with $labels.partition }}Replicas of partition {{ . }}{{ else }}{{ $value }} brokers{{ end }} of ' +
      `${cluster} have been joining or leaving for ${thresholds.holdsFor.ScalingStuck}.`,
  },
];

/** 1 if any exporter had one of the verdicts within the lookback, else 0. */
function verdict(thresholds: Thresholds, ...verdicts: readonly Verdict[]): string {
  return highest(seen(`zeebe_topology_cluster_health{${oneOf('health', verdicts)}}`, thresholds), 'health');
}

function brokerUp(thresholds: Thresholds): string {
  return highest(last('zeebe_topology_broker_up', thresholds));
}

function leaders(thresholds: Thresholds, ...healths: readonly ReplicaHealth[]): string {
  return (
    `${last('zeebe_topology_partition_role{role="leader"}', thresholds)} == 1` +
    ` and ignoring (role, health) ${last(`zeebe_topology_partition_health{${oneOf('health', healths)}}`, thresholds)} == 1`
  );
}
