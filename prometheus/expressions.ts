import type { Thresholds } from './thresholds.ts';

/**
 * What two exporters that watch one cluster, or two lives of one exporter, differ in. Aggregating without them keeps
 * every other label: two namespaces may each have a cluster named `default`.
 */
const exporterLabels = ['instance', 'pod', 'container', 'endpoint'];

/** Over all exporters that watch a cluster; `dropped` are further labels to aggregate away. */
export function highest(expression: string, ...dropped: readonly string[]): string {
  return `max ${without(...exporterLabels, ...dropped)} (${expression})`;
}

export function lowest(expression: string, ...dropped: readonly string[]): string {
  return `min ${without(...exporterLabels, ...dropped)} (${expression})`;
}

/** Which label sets there are, over all exporters. */
export function present(expression: string): string {
  return `group ${without(...exporterLabels)} (${expression})`;
}

export function without(...labels: readonly string[]): string {
  return `without (${labels.join(', ')})`;
}

/** A matcher of one label: `a="b"`, or `a=~"b|c"` where there are several values. */
export function oneOf(label: string, values: readonly string[]): string {
  return `${label}${values.length === 1 ? '=' : '=~'}"${values.join('|')}"`;
}

/** The last value, also where a failed poll or scrape took the series away for a while. */
export function last(selector: string, { lookback }: Thresholds): string {
  return `last_over_time(${selector}[${lookback}])`;
}

/** Whether a 0/1 series was 1 at all within the lookback. */
export function seen(selector: string, { lookback }: Thresholds): string {
  return `max_over_time(${selector}[${lookback}])`;
}

/** 1 where any exporter had a successful poll within the lookback, else 0. */
export function reached(thresholds: Thresholds): string {
  return highest(seen('zeebe_topology_up', thresholds));
}

/** The share of polls that fail, by reason, of the exporter that fares worst. */
export function failureRatio({ failureWindow }: Thresholds): string {
  return highest(
    `rate(zeebe_topology_poll_failures_total[${failureWindow}])` +
      ` / ignoring (reason) group_left rate(zeebe_topology_polls_total[${failureWindow}])`,
  );
}

/** Seconds that a token had left when the last poll ended: below 0, it has expired and was not renewed. */
export function tokenLeft(thresholds: Thresholds): string {
  const expiry = last('zeebe_topology_token_expiry_timestamp_seconds', thresholds);
  return `${expiry} - ${last('zeebe_topology_last_poll_timestamp_seconds', thresholds)}`;
}

/** Brokers that should be listed and are not, as the exporter says that misses the fewest. */
export function brokersMissing(thresholds: Thresholds): string {
  return lowest(`${last('zeebe_topology_cluster_size', thresholds)} - ${last('zeebe_topology_brokers', thresholds)}`);
}

export function hasLeader(thresholds: Thresholds): string {
  return highest(last('zeebe_topology_partition_has_leader', thresholds));
}

export function healthyReplicas(thresholds: Thresholds): string {
  return highest(last('zeebe_topology_partition_healthy_replicas', thresholds));
}

/** Replicas that each partition should have: a factor above the cluster's size cannot be had. */
export function wantedReplicas(thresholds: Thresholds): string {
  const size = last('zeebe_topology_cluster_size', thresholds);
  return highest(`${last('zeebe_topology_replication_factor', thresholds)} <= ${size} or ${size}`);
}

/** Replicas that must agree before a partition moves on. */
export function majority(thresholds: Thresholds): string {
  return `floor(${wantedReplicas(thresholds)} / 2) + 1`;
}

/** Partitions that each broker leads; those that lead none are there with 0. */
export function partitionsLed(thresholds: Thresholds): string {
  const leads = highest(last('zeebe_topology_partition_role{role="leader"}', thresholds));
  return `sum ${without('partition', 'role')} (${leads})`;
}
