import type { ClusterState } from '../poll/state.ts';
import { idsWithReplicas, type KnownBrokers, noKnownBrokers } from '../zeebe/known-brokers.ts';
import { type KnownLeaders, noKnownLeaders } from '../zeebe/known-leaders.ts';
import type { PartitionGroup, Topology } from '../zeebe/topology.ts';

/** What the series of a topology take on the page: never less than the actual numbers. */
export interface ExpositionSize {
  /** Of brokers, partitions, also those that are gone, replicas and physical tenants. */
  readonly bytes: number;
  /** Of brokers, partitions, also those that are gone, and replicas. */
  readonly series: number;
}

/** Bytes of a line without the name of the cluster, the id of the broker and the physical tenant. */
const maxLineBytes = 100;
const linesOfReplica = 8;
const linesOfReplicaWithState = 13;
const linesOfPartition = 4;
const linesOfBroker = 2;
/** Four of its verdict, three of its sizes. */
const linesOfTenant = 7;
const tenantLabelBytes = ',physical_tenant=""'.length;

/** What is known of earlier answers, and has series although the topology does not list it. */
export type KnownBefore = Pick<ClusterState, 'leaders' | 'knownBrokers'>;

export const nothingBefore: KnownBefore = { leaders: noKnownLeaders, knownBrokers: noKnownBrokers };

/** Measures a topology and what was known before it; without a topology, as after a failed poll, the leaders alone. */
export function expositionSize(
  cluster: string,
  topology: Topology = { brokers: [], groups: [] },
  { leaders, knownBrokers }: KnownBefore = nothingBefore,
): ExpositionSize {
  const base = maxLineBytes + bytesOf(cluster);
  const groups = topology.groups.map((group) => sizeOfGroup(base, group));
  const parts = [sizeOfBrokers(base, topology, knownBrokers), ...groups, sizeOfGone(base, topology.groups, leaders)];
  return {
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    series: parts.reduce((sum, part) => sum + part.series, 0),
  };
}

function sizeOfBrokers(
  base: number,
  { clusterSize = 0, brokers, groups }: Topology,
  { lastListed }: KnownBrokers,
): ExpositionSize {
  // A broker that is listed without a partition may not be known, and then does not reduce the number of missing ones.
  const missing = Math.max(clusterSize - new Set(groups.flatMap(idsWithReplicas)).size, 0);
  let bytes = 0;
  for (const { id, host, port, version } of brokers) {
    bytes += linesOfBroker * (base + bytesOf(id)) + bytesOf(host) + bytesOf(port) + bytesOf(version);
  }
  const maxIdBytes = missing === 0 ? 0 : Math.max(0, ...[...lastListed.keys()].map(bytesOf));
  return { bytes: bytes + missing * (base + maxIdBytes), series: linesOfBroker * brokers.length + missing };
}

function sizeOfGroup(clusterBase: number, group: PartitionGroup): ExpositionSize {
  const { tenant, brokers } = group;
  const base = clusterBase + bytesOfTenant(tenant);
  let bytes = tenant === undefined ? 0 : linesOfTenant * base;
  let series = 0;
  for (const { id, replicas } of brokers) {
    let lines = 0;
    for (const { state } of replicas) lines += state === undefined ? linesOfReplica : linesOfReplicaWithState;
    series += lines;
    bytes += lines * (base + bytesOf(id));
  }
  const linesOfPartitions = linesOfPartition * lastPartitionOf(group);
  return { bytes: bytes + linesOfPartitions * base, series: series + linesOfPartitions };
}

/** Of the leader changes of partitions that the topology does not list, which stay on the page. */
function sizeOfGone(
  clusterBase: number,
  groups: readonly PartitionGroup[],
  { partitions }: KnownLeaders,
): ExpositionSize {
  const lastOf = new Map(groups.map((group) => [group.tenant, lastPartitionOf(group)]));
  let bytes = 0;
  let series = 0;
  for (const { tenant, partition } of partitions.values()) {
    if (partition <= (lastOf.get(tenant) ?? 0)) continue;
    bytes += clusterBase + bytesOfTenant(tenant);
    series++;
  }
  return { bytes, series };
}

/** Returns the highest id, as all partitions below it count as listed. */
function lastPartitionOf({ partitionsCount = 0, brokers }: PartitionGroup): number {
  // Replicas are sorted by partition.
  return brokers.reduce((last, { replicas }) => Math.max(last, replicas.at(-1)?.partition ?? 0), partitionsCount);
}

function bytesOfTenant(tenant: string | undefined): number {
  return tenant === undefined ? 0 : tenantLabelBytes + bytesOf(tenant);
}

/** As the value of a label, at most: an escaped character takes one more byte. */
function bytesOf(text: string): number {
  return Buffer.byteLength(text) * (/[\\"\n]/.test(text) ? 2 : 1);
}
