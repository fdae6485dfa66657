import type { PartitionGroup, Topology } from '../zeebe/topology.ts';

/** What the series of a topology take on the page: never less than the actual numbers. */
export interface ExpositionSize {
  /** Of brokers, partitions, replicas and physical tenants. */
  readonly bytes: number;
  /** Of brokers, partitions and replicas. */
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

export function expositionSize(cluster: string, { clusterSize = 0, brokers, groups }: Topology): ExpositionSize {
  const base = maxLineBytes + bytesOf(cluster);
  const missing = Math.max(clusterSize - brokers.length, 0);
  let maxIdBytes = 0;
  let bytes = 0;
  let series = linesOfBroker * brokers.length + missing;
  for (const { id, host, port, version } of brokers) {
    const idBytes = bytesOf(id);
    maxIdBytes = Math.max(maxIdBytes, idBytes);
    bytes += linesOfBroker * (base + idBytes) + bytesOf(host) + bytesOf(port) + bytesOf(version);
  }
  for (const group of groups) {
    const ofGroup = sizeOfGroup(base, group);
    bytes += ofGroup.bytes;
    series += ofGroup.series;
  }
  return { bytes: bytes + missing * (base + maxIdBytes), series };
}

function sizeOfGroup(clusterBase: number, { tenant, partitionsCount = 0, brokers }: PartitionGroup): ExpositionSize {
  const base = clusterBase + (tenant === undefined ? 0 : tenantLabelBytes + bytesOf(tenant));
  let partitions = partitionsCount;
  let bytes = tenant === undefined ? 0 : linesOfTenant * base;
  let series = 0;
  for (const { id, replicas } of brokers) {
    let lines = 0;
    for (const { state } of replicas) lines += state === undefined ? linesOfReplica : linesOfReplicaWithState;
    series += lines;
    bytes += lines * (base + bytesOf(id));
    // Replicas are sorted by partition.
    partitions = Math.max(partitions, replicas.at(-1)?.partition ?? 0);
  }
  const linesOfPartitions = linesOfPartition * partitions;
  return { bytes: bytes + linesOfPartitions * base, series: series + linesOfPartitions };
}

/** As the value of a label, at most: an escaped character takes one more byte. */
function bytesOf(text: string): number {
  return Buffer.byteLength(text) * (/[\\"\n]/.test(text) ? 2 : 1);
}
