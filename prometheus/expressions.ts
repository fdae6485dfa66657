import { verdicts } from '../src/zeebe/verdict.ts';
import type { Thresholds } from './thresholds.ts';

/**
 * The labels in which two exporters of one cluster, or two runs of one exporter, differ. Aggregating without them keeps
 * every other label, as two namespaces may each have a cluster named `default`.
 */
const exporterLabels = ['instance', 'pod', 'container', 'endpoint'];

/** The highest value of all exporters of a cluster; `dropped` are further labels to aggregate away. */
export function highest(expression: string, ...dropped: readonly string[]): string {
  return `max ${without(...exporterLabels, ...dropped)} (${expression})`;
}

export function lowest(expression: string, ...dropped: readonly string[]): string {
  return `min ${without(...exporterLabels, ...dropped)} (${expression})`;
}

/** The label sets that exist, over all exporters; `dropped` are further labels to aggregate away. */
export function present(expression: string, ...dropped: readonly string[]): string {
  return `group ${without(...exporterLabels, ...dropped)} (${expression})`;
}

export function without(...labels: readonly string[]): string {
  return `without (${labels.join(', ')})`;
}

/** A matcher of one label: `a="b"`, or `a=~"b|c"` for several values. */
export function oneOf(label: string, values: readonly string[]): string {
  return `${label}${values.length === 1 ? '=' : '=~'}"${values.join('|')}"`;
}

/** The last value within the lookback, as a failed poll or scrape removes the series for a while. */
export function last(selector: string, { lookback }: Thresholds): string {
  return `last_over_time(${selector}[${lookback}])`;
}

/** 1 if a 0/1 series was 1 at any time within the lookback. */
export function seen(selector: string, { lookback }: Thresholds): string {
  return `max_over_time(${selector}[${lookback}])`;
}

/** 1 if any exporter had a successful poll within the lookback, else 0. */
export function reached(thresholds: Thresholds): string {
  return highest(seen('zeebe_topology_up', thresholds));
}

/** The verdict of the exporter with the best one, as the label `health` of a series with the value 1. */
export function bestVerdict(): string {
  return verdicts
    .map((verdict) => highest(`zeebe_topology_cluster_health{health="${verdict}"} == 1`))
    .join('\nor ignoring (health) ');
}

/** The ratio of failed polls by reason, of the exporter with the highest. */
export function failureRatio({ failureWindow }: Thresholds): string {
  return highest(
    `rate(zeebe_topology_poll_failures_total[${failureWindow}])` +
      ` / ignoring (reason) group_left rate(zeebe_topology_polls_total[${failureWindow}])`,
  );
}

/** Seconds from the end of the last poll to the expiry of the token. Below 0, it has expired and was not renewed. */
export function tokenLeft(thresholds: Thresholds): string {
  const expiry = last('zeebe_topology_token_expiry_timestamp_seconds', thresholds);
  return `${expiry} - ${last('zeebe_topology_last_poll_timestamp_seconds', thresholds)}`;
}

const rateLimited = 'zeebe_topology_auth_failing{reason="token_rate_limited"}';

/** The clusters that wait for the turn of their first token request, as after a start with many clients. */
export function waitsForFirstToken(thresholds: Thresholds): string {
  return `${highest(seen(rateLimited, thresholds), 'reason')} == 1 unless (${hasWaitedForToken(thresholds)})`;
}

/**
 * The clusters that have had a token, or have been rate-limited for longer than a first token may take. One that was
 * polled meanwhile waits for the first token of another start.
 */
export function hasWaitedForToken(thresholds: Thresholds): string {
  const { lookback, firstTokenWait } = thresholds;
  const before = `max_over_time(${rateLimited}[${lookback}] offset ${firstTokenWait})`;
  const polled = `max_over_time(zeebe_topology_up[${firstTokenWait}])`;
  return (
    `${present(last('zeebe_topology_token_obtained_timestamp_seconds', thresholds))}` +
    ` or (${highest(before, 'reason')} == 1 unless ${highest(polled)} == 1)`
  );
}

/** The number of missing brokers, of the exporter with the fewest. */
export function brokersMissing(thresholds: Thresholds): string {
  return lowest(`${last('zeebe_topology_cluster_size', thresholds)} - ${last('zeebe_topology_brokers', thresholds)}`);
}

export function hasLeader(thresholds: Thresholds): string {
  return highest(last('zeebe_topology_partition_has_leader', thresholds));
}

export function healthyReplicas(thresholds: Thresholds): string {
  return highest(last('zeebe_topology_partition_healthy_replicas', thresholds));
}

/**
 * The expected replicas of each partition: the replication factor of its physical tenant (or of the cluster, if it has no
 * tenants), or the cluster's size if that is smaller.
 */
export function wantedReplicas(thresholds: Thresholds): string {
  const factor = last('zeebe_topology_replication_factor', thresholds);
  const size = last('zeebe_topology_cluster_size', thresholds);
  return highest(`${factor} - clamp_min(${factor} - ignoring (physical_tenant) group_left ${size}, 0)`);
}

/** The partitions in recovery mode: an operator has stopped them on purpose, and all their replicas are recovering. */
export function recovering(thresholds: Thresholds): string {
  return `${lowest(last('zeebe_topology_partition_state{state="recovering"}', thresholds), 'broker', 'state')} == 1`;
}

/** The replicas that form a quorum of a partition. */
export function majority(thresholds: Thresholds): string {
  return `floor(${wantedReplicas(thresholds)} / 2) + 1`;
}

/** The number of partitions that each broker leads in each physical tenant, including brokers that lead none. */
export function partitionsLed(thresholds: Thresholds): string {
  const leads = highest(last('zeebe_topology_partition_role{role="leader"}', thresholds));
  return `sum ${without('partition', 'role')} (${leads})`;
}
