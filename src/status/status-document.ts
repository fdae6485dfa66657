import type { ExternalLink } from '../config/config.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { ClusterEvent, ClusterHistory } from '../poll/events.ts';
import type { LeaderTimeline } from '../poll/leader-timeline.ts';
import type { ClusterState } from '../poll/state.ts';
import type { Partition } from '../zeebe/partitions.ts';
import type { Broker, Replica, ReplicaHealth, ReplicaState, Role, Topology } from '../zeebe/topology.ts';
import type { Verdict } from '../zeebe/verdict.ts';
import type { ClusterView, GroupView } from '../zeebe/view.ts';
import { type ClusterSummary, type CountedStatus, clusterSummary } from './cluster-summary.ts';
import { seconds } from './seconds.ts';

/**
 * The response to `GET /api/v1/clusters` (docs/api.md), with summaries if those are requested. Times are in Unix
 * seconds; unknown values are absent.
 */
export interface StatusDocument<Cluster extends ClusterSummary = ClusterStatus> {
  readonly apiVersion: 1;
  readonly now: number;
  readonly exporter: ExporterStatus;
  readonly counts: ClusterCounts;
  readonly clusters: readonly Cluster[];
}

/** How many of all clusters have each verdict, also in the response for one of them. */
export type ClusterCounts = Readonly<Record<CountedStatus, number>>;

export interface ExporterStatus {
  readonly version: string;
  readonly startedAt: number;
  /** Absent without leader election. A standby has no clusters. */
  readonly role?: 'leader' | 'standby';
}

/** The status of a cluster with everything that a summary leaves out. */
export interface ClusterStatus extends ClusterSummary {
  readonly topology?: TopologyStatus;
  /** Newest first. */
  readonly events: readonly ClusterEvent[];
  /** Absent until a topology is known. */
  readonly leaderTimeline?: LeaderTimeline;
}

/** The sizes, partitions and replicas are those of the only partition group; see `physicalTenants` for several. */
export interface TopologyStatus extends Omit<Topology, 'brokers' | 'groups'>, GroupSizes {
  readonly brokers: readonly BrokerStatus[];
  readonly missingBrokers: readonly string[];
  readonly partitions: readonly PartitionStatus[];
  /** Present if all physical tenants are polled. Partitions and replicas are listed here alone, not above. */
  readonly physicalTenants?: readonly PhysicalTenantStatus[];
}

type GroupSizes = Pick<GroupView, 'partitionsCount' | 'replicationFactor' | 'lastCompletedChangeId'>;

export interface PhysicalTenantStatus extends GroupSizes {
  readonly id: string;
  readonly verdict: Verdict;
  /** Those that the tenant lists. */
  readonly brokers: readonly { readonly id: string; readonly replicas: readonly ReplicaStatus[] }[];
  readonly partitions: readonly PartitionStatus[];
}

export interface BrokerStatus extends Broker {
  readonly replicas: readonly ReplicaStatus[];
}

/** Partition, role, health and, if the gateway reports it, state. */
export type ReplicaStatus = readonly [number, Role, ReplicaHealth, ReplicaState?];

export interface PartitionStatus {
  readonly id: number;
  readonly leaders: readonly string[];
  readonly replicas: number;
  readonly healthyReplicas: number;
}

export function clusterStatus(
  state: ClusterState,
  history: ClusterHistory,
  links: readonly ExternalLink[],
): ClusterStatus {
  const { view } = state;
  const { events, leaderTimeline } = history;
  return {
    ...clusterSummary(state, history, links),
    events: events.map(inSeconds),
    ...omitUndefined({
      topology: view && topologyStatus(view),
      leaderTimeline: leaderTimeline && timelineStatus(leaderTimeline),
    }),
  };
}

function timelineStatus({ since, changes }: LeaderTimeline): LeaderTimeline {
  return { since: seconds(since), changes: changes.map(inSeconds) };
}

function inSeconds<T extends { readonly at: number }>(happening: T): T {
  return { ...happening, at: seconds(happening.at) };
}

function topologyStatus({ topology, groups, missingBrokers }: ClusterView): TopologyStatus {
  const { clusterSize, gatewayVersion, clusterId, brokers } = topology;
  const [only] = groups.filter(({ tenant }) => tenant === undefined);
  const replicas = new Map(only?.brokers.map(({ id, replicas }) => [id, replicas.map(replicaStatus)]));
  const { partitionsCount, replicationFactor, lastCompletedChangeId } = only ?? {};
  return {
    ...omitUndefined({
      clusterSize,
      partitionsCount,
      replicationFactor,
      gatewayVersion,
      clusterId,
      lastCompletedChangeId,
    }),
    brokers: brokers.map((broker) => ({ ...broker, replicas: replicas.get(broker.id) ?? [] })),
    missingBrokers,
    partitions: only?.partitions.map(partitionStatus) ?? [],
    ...(!only && { physicalTenants: groups.flatMap(physicalTenantStatus) }),
  };
}

function physicalTenantStatus(group: GroupView): readonly PhysicalTenantStatus[] {
  const { tenant, verdict, partitionsCount, replicationFactor, lastCompletedChangeId, brokers, partitions } = group;
  if (tenant === undefined) return [];
  return [
    {
      id: tenant,
      verdict,
      ...omitUndefined({ partitionsCount, replicationFactor, lastCompletedChangeId }),
      brokers: brokers.map(({ id, replicas }) => ({ id, replicas: replicas.map(replicaStatus) })),
      partitions: partitions.map(partitionStatus),
    },
  ];
}

function partitionStatus({ id, leaders, replicas, healthyReplicas }: Partition): PartitionStatus {
  return { id, leaders, replicas, healthyReplicas };
}

function replicaStatus({ partition, role, health, state }: Replica): ReplicaStatus {
  return state ? [partition, role, health, state] : [partition, role, health];
}
