import type { ClusterView } from '../poll/state.ts';

/** What the clusters may put on the page in all; see `createPageBudget`. */
export interface PageBudget {
  readonly maxBytes: number;
  /** The share of one cluster. */
  readonly open: () => PageShare;
}

export interface PageShare {
  /** Whether the page has room for that many bytes of this cluster, which replace those before. */
  readonly admits: (bytes: number) => boolean;
  readonly release: () => void;
}

const MiB = 1024 * 1024;
/** The memory that a page takes is about three times its bytes: as text, compressed, and as the values of its series. */
const shareOfMemory = 1 / 5;

/** From the memory limit of the process's control group in bytes; 0 where there is none. */
export function maxPageBytes(memoryLimit: number): number {
  const share = memoryLimit > 0 ? memoryLimit * shareOfMemory : Number.POSITIVE_INFINITY;
  return Math.min(Math.max(share, 64 * MiB), 256 * MiB);
}

/**
 * Shares the bytes of the page among the clusters, so that no cluster's answer ends the process. Smaller parts have
 * precedence: a cluster that would fit if larger ones were gone waits for them to be refused at their next poll.
 */
export function createPageBudget(maxBytes: number): PageBudget {
  interface Claim {
    readonly wanted: number;
    readonly granted: number;
  }
  const claims = new Map<PageShare, Claim>();

  const admits = (share: PageShare, wanted: number): boolean => {
    const others = [...claims].flatMap(([other, claim]) => (other === share ? [] : [claim]));
    const granted = sum(others.map((other) => other.granted));
    const wantedBySmaller = sum(others.filter((other) => other.wanted < wanted).map((other) => other.wanted));
    const isAdmitted = Math.max(granted, wantedBySmaller) + wanted <= maxBytes;
    claims.set(share, { wanted, granted: isAdmitted ? wanted : 0 });
    return isAdmitted;
  };

  return {
    maxBytes,
    open: () => {
      const share: PageShare = {
        admits: (bytes) => admits(share, bytes),
        release: () => claims.delete(share),
      };
      return share;
    },
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Bytes of a line without the cluster's name and the broker's id, at most. */
const lineBytes = 100;
const linesOfReplica = 8;
const linesOfReplicaWithState = 13;
const linesOfPartition = 4;
const linesOfBroker = 2;

/** The bytes that the series of brokers, partitions and replicas take on the page, a little overestimated. */
export function expositionBytes(cluster: string, { topology, partitions, missingBrokers }: ClusterView): number {
  const base = lineBytes + bytesOf(cluster);
  let bytes = partitions.length * linesOfPartition * base;
  for (const id of missingBrokers) bytes += base + bytesOf(id);
  for (const { id, host, port, version, replicas } of topology.brokers) {
    let lines = linesOfBroker;
    for (const { state } of replicas) lines += state === undefined ? linesOfReplica : linesOfReplicaWithState;
    bytes += lines * (base + bytesOf(id)) + bytesOf(host) + bytesOf(port) + bytesOf(version);
  }
  return bytes;
}

/** As a label's value, at most: an escaped character takes one byte more. */
function bytesOf(text: string): number {
  return Buffer.byteLength(text) * (/[\\"\n]/.test(text) ? 2 : 1);
}
