import { highest, lowest } from '../../prometheus/expressions.ts';
import { replicaHealths, roles } from '../../src/zeebe/topology.ts';
import { verdicts } from '../../src/zeebe/verdict.ts';
import { indexIn, ofCluster, ofTenant, rate, rateOverTimeRange } from '../queries.ts';

/** The index of the verdict, of the exporter with the best one; `unknown` if no exporter reaches the cluster. */
export const verdict = lowest(indexIn(ofCluster, 'zeebe_topology_cluster_health', 'health', verdicts));

/** The share of the time range in which the cluster was healthy. */
export const healthyShare = highest(
  `avg_over_time(${ofCluster('zeebe_topology_cluster_health', 'health="healthy"')}[$__range] @ end())`,
  'health',
);

/** The same of each physical tenant. */
export const tenantVerdict = lowest(indexIn(ofTenant, 'zeebe_topology_physical_tenant_health', 'health', verdicts));

/** Role and health of a replica in one number, as in states.ts. If exporters disagree, the better one counts. */
export const replica = lowest(
  `${replicaHealths.length} * ${indexIn(ofTenant, 'zeebe_topology_partition_role', 'role', roles)} + ` +
    indexIn(ofTenant, 'zeebe_topology_partition_health', 'health', replicaHealths),
);

export const brokersMissing = lowest(
  `clamp_min(${ofCluster('zeebe_topology_cluster_size')} - ${ofCluster('zeebe_topology_brokers')}, 0)`,
);

export const hasLeader = highest(ofTenant('zeebe_topology_partition_has_leader'));
/** Of each physical tenant, or of a cluster without. */
export const partitionsWithoutLeaderByTenant = `sum without (partition) (${hasLeader} == bool 0)`;
/** Of each cluster. */
export const partitionsWithoutLeader = `sum without (physical_tenant) (${partitionsWithoutLeaderByTenant})`;

export const healthyReplicas = highest(ofTenant('zeebe_topology_partition_healthy_replicas'));

const factor = ofTenant('zeebe_topology_replication_factor');
const size = ofCluster('zeebe_topology_cluster_size');
/** The replication factor of each physical tenant, or the cluster's size if that is smaller. */
export const wantedReplicas = highest(
  `${factor} - clamp_min(${factor} - ignoring (physical_tenant) group_left () ${size}, 0)`,
);

/** Of each physical tenant, or of a cluster without. */
export const underReplicatedPartitionsByTenant = `sum without (partition) (${healthyReplicas} < bool ignoring (partition) group_left () ${wantedReplicas})`;

/** Of each cluster. */
export const underReplicatedPartitions = `sum without (physical_tenant) (${underReplicatedPartitionsByTenant})`;

export const sinceLastSuccess = `time() - ${highest(ofCluster('zeebe_topology_last_success_timestamp_seconds'))}`;

/** Seconds from the end of the last poll to the expiry of the token. Below 0, it has expired and was not renewed. */
export const tokenLeft = tokenLeftAt('');
/** The same at the end of the time range, at every point of a graph. */
export const tokenLeftAtEnd = tokenLeftAt(' @ end()');

function tokenLeftAt(time: '' | ' @ end()'): string {
  const expiry = `${ofCluster('zeebe_topology_token_expiry_timestamp_seconds')}${time}`;
  return lowest(`${expiry} - ${ofCluster('zeebe_topology_last_poll_timestamp_seconds')}${time}`);
}

export const pollsFailing = `${highest(ofCluster('zeebe_topology_poll_failing'))} == 1`;
export const authenticationFailing = `${highest(ofCluster('zeebe_topology_auth_failing'))} == 1`;

export const pollFailureRatio = failureRatioBy(rate);
export const pollFailureRatioOverTimeRange = failureRatioBy(rateOverTimeRange);

function failureRatioBy(rateOf: typeof rate): string {
  const failures = rateOf(ofCluster('zeebe_topology_poll_failures_total'));
  return highest(`${failures} / ignoring (reason) group_left () ${rateOf(ofCluster('zeebe_topology_polls_total'))}`);
}

/** The quantile of the slowest exporter. */
export function quantile(share: number, histogram: string, rateOf = rate): string {
  return highest(`histogram_quantile(${share}, ${rateOf(ofCluster(`${histogram}_bucket`))})`);
}

/** The increase of counters per minute, of the exporter with the highest. No value if it is 0. */
export function perMinute(counters: string): string {
  return `60 * ${highest(rate(counters))} > 0`;
}
