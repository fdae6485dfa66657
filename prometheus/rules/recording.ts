import {
  bestVerdict,
  brokersMissing,
  failureRatio,
  hasLeader,
  healthyReplicas,
  highest,
  lowest,
  majority,
  partitionsLed,
  tokenLeft,
} from '../expressions.ts';
import type { Thresholds } from '../thresholds.ts';

export interface Recording {
  /**
   * `level:metric:operation`; the level names the labels that remain besides those of the target and `physical_tenant`,
   * which series of partitions have only where all physical tenants are polled.
   */
  readonly record: string;
  readonly expr: string;
}

/** For dashboards: one series per cluster, partition or broker (of each physical tenant), for any number of exporters. */
export function recordings(thresholds: Thresholds): readonly Recording[] {
  return [
    {
      record: 'zeebe_cluster:zeebe_topology_up:avg',
      expr: highest(`avg_over_time(zeebe_topology_up[${thresholds.lookback}])`),
    },
    // One series per cluster, with the best verdict of its exporters.
    { record: 'zeebe_cluster_health:zeebe_topology_cluster_health:best', expr: bestVerdict() },
    { record: 'zeebe_cluster_reason:zeebe_topology_poll_failures:ratio', expr: failureRatio(thresholds) },
    { record: 'zeebe_cluster:zeebe_topology_token_left_seconds:min', expr: lowest(tokenLeft(thresholds)) },
    { record: 'zeebe_cluster:zeebe_topology_brokers_missing:last', expr: brokersMissing(thresholds) },
    { record: 'zeebe_cluster_partition:zeebe_topology_partition_has_leader:last', expr: hasLeader(thresholds) },
    {
      // Replicas that a partition can lose before it stops. Below 0, it has stopped.
      record: 'zeebe_cluster_partition:zeebe_topology_partition_spare_replicas:last',
      expr: `${healthyReplicas(thresholds)} - ignoring (partition) group_left () (${majority(thresholds)})`,
    },
    { record: 'zeebe_cluster_broker:zeebe_topology_partitions_led:last', expr: partitionsLed(thresholds) },
  ];
}
