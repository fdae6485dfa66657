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
  present,
  reached,
  recovering,
  seen,
  wantedReplicas,
  without,
} from '../expressions.ts';
import type { Thresholds } from '../thresholds.ts';
import { type Alerts, cluster, ofTenant } from './alert.ts';

/** Alerts on the topology of the clusters. */
export const clusterAlerts: Alerts = (thresholds) => [
  {
    name: 'ClusterUnknown',
    severity: 'critical',
    expr: `
      ${verdict(thresholds, 'unknown')} == 1
      and ignoring (physical_tenant) ${reached(thresholds)} == 1
      unless ${verdict(thresholds, 'healthy', 'degraded', 'unhealthy')} == 1`,
    summary: 'The gateway of a Zeebe cluster knows no topology.',
    description: `The gateway of ${cluster} answers, but has had no topology${ofTenant} for ${thresholds.lookback} or longer.`,
  },
  {
    name: 'ClusterUnhealthy',
    severity: 'critical',
    // Failed polls have the verdict unknown and change neither side. A single poll during an election does not fire.
    expr: `
      ${verdict(thresholds, 'unhealthy')} == 1
      unless ${verdict(thresholds, 'healthy', 'degraded')} == 1
      unless ${present(recovering(thresholds), 'partition')}`,
    summary: 'A Zeebe cluster is unhealthy.',
    description:
      `Every successful poll of ${cluster} in the last ${thresholds.lookback} found a partition${ofTenant} without a ` +
      'leader or with an unhealthy one.',
  },
  {
    name: 'ClusterDegraded',
    severity: 'warning',
    expr: `
      ${verdict(thresholds, 'degraded')} == 1
      unless ${verdict(thresholds, 'healthy')} == 1`,
    summary: 'A Zeebe cluster has been degraded for a long time.',
    description:
      `{{ with $labels.physical_tenant }}Physical tenant {{ . }} of {{ end }}${cluster} has not been healthy for ${thresholds.holdsFor.ClusterDegraded}: it works, but brokers or replicas ` +
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
      '{{ with $labels.broker }}Broker {{ . }} has been{{ else }}Brokers (number: {{ $value }}) have been{{ end }} ' +
      `missing from ${cluster} for ${thresholds.holdsFor.BrokerMissing} or longer.`,
  },
  {
    name: 'PartitionWithoutLeader',
    severity: 'critical',
    expr: `
      ${hasLeader(thresholds)} == 0
      unless ${recovering(thresholds)}`,
    summary: 'A partition of a Zeebe cluster has no leader.',
    description:
      `Partition {{ $labels.partition }}${ofTenant} of ${cluster} has no leader: its process instances make no ` +
      'progress.',
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
      `Broker {{ $labels.broker }} leads partition {{ $labels.partition }}${ofTenant} of ${cluster} and reports it as ` +
      'unhealthy or dead: the partition makes no progress.',
  },
  {
    name: 'RecoveryMode',
    severity: 'warning',
    // The alerts on stopped partitions exclude these, so that a tenant that is stopped on purpose hides no other problem.
    expr: `count without (partition) (${recovering(thresholds)})`,
    summary: 'Partitions of a Zeebe cluster have been in recovery mode for a long time.',
    description:
      `Partitions${ofTenant} of ${cluster} (number: {{ $value }}) have been in recovery mode for ` +
      `${thresholds.holdsFor.RecoveryMode} or longer. Their process instances make no progress until it ends.`,
  },
  {
    name: 'PhysicalTenantMissing',
    severity: 'warning',
    expr: `
      ${tenants(`last_over_time(zeebe_topology_physical_tenant_health[${thresholds.lookback}] offset ${thresholds.clusterRemembered})`)}
      unless ${tenants(last('zeebe_topology_physical_tenant_health', thresholds))}
      and ignoring (physical_tenant) ${reached(thresholds)} == 1`,
    summary: 'A physical tenant of a Zeebe cluster is no longer listed.',
    description:
      `Physical tenant {{ $labels.physical_tenant }} of ${cluster} was listed ${thresholds.clusterRemembered} ago and ` +
      'is no longer. If it was removed on purpose, this alert resolves by itself.',
  },
  {
    name: 'ReplicationBelowFactor',
    severity: 'warning',
    expr: `
      ${healthyReplicas(thresholds)}
      < ignoring (partition) group_left ${wantedReplicas(thresholds)}
      unless ${recovering(thresholds)}`,
    summary: 'A partition of a Zeebe cluster has too few healthy replicas.',
    description:
      `Partition {{ $labels.partition }}${ofTenant} of ${cluster} has {{ $value }} healthy replicas, fewer than the ` +
      'replication factor.',
  },
  {
    name: 'QuorumAtRisk',
    severity: 'critical',
    // With a factor of 1 or 2 the partition cannot lose any replica, even when all are healthy.
    expr: `
      ${healthyReplicas(thresholds)}
      <= ignoring (partition) group_left ${majority(thresholds)}
      and ignoring (partition) ${wantedReplicas(thresholds)} > 2
      unless ${recovering(thresholds)}`,
    summary: 'A partition of a Zeebe cluster is at risk of losing its quorum.',
    description:
      `Partition {{ $labels.partition }}${ofTenant} of ${cluster} has {{ $value }} healthy replicas, no more than a ` +
      'majority: it stops if one more is lost.',
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
      `Partition {{ $labels.partition }}${ofTenant} of ${cluster} changed its leader ` +
      `{{ $value | printf "%.0f" }} times in ${thresholds.leaderChangesWindow}.`,
  },
  {
    name: 'LeadersUneven',
    severity: 'info',
    expr: `
      max without (broker) (${partitionsLed(thresholds)})
      - min without (broker) (${partitionsLed(thresholds)})
      >= ${thresholds.leadersApart}`,
    summary: 'The leaders of a Zeebe cluster are unevenly distributed.',
    description: `One broker of ${cluster} leads {{ $value }} more partitions${ofTenant} than another.`,
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
      '{{ with $labels.partition }}Replicas of partition {{ . }}{{ else }}{{ $value }} brokers{{ end }}' +
      `${ofTenant} of ${cluster} have been joining or leaving for ${thresholds.holdsFor.ScalingStuck}.`,
  },
];

/** 1 if any exporter had one of the verdicts within the lookback, else 0: on each physical tenant, else on the cluster. */
function verdict(thresholds: Thresholds, ...verdicts: readonly Verdict[]): string {
  const seenIn = (metric: string) => highest(seen(`${metric}{${oneOf('health', verdicts)}}`, thresholds), 'health');
  const onTenants = seenIn('zeebe_topology_physical_tenant_health');
  return `(${onTenants} or ${seenIn('zeebe_topology_cluster_health')} unless ignoring (physical_tenant) ${onTenants})`;
}

function tenants(verdicts: string): string {
  return present(verdicts, 'health');
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
