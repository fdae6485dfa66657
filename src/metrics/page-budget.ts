import type { Topology } from '../zeebe/topology.ts';

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
export function expositionBytes(cluster: string, { clusterSize = 0, partitionsCount = 0, brokers }: Topology): number {
  const base = lineBytes + bytesOf(cluster);
  let partitions = partitionsCount;
  let longestId = 0;
  let bytes = 0;
  for (const { id, host, port, version, replicas } of brokers) {
    const idBytes = bytesOf(id);
    longestId = Math.max(longestId, idBytes);
    let lines = linesOfBroker;
    for (const { state } of replicas) lines += state === undefined ? linesOfReplica : linesOfReplicaWithState;
    bytes += lines * (base + idBytes) + bytesOf(host) + bytesOf(port) + bytesOf(version);
    // They are sorted.
    partitions = Math.max(partitions, replicas.at(-1)?.partition ?? 0);
  }
  const missing = Math.max(clusterSize - brokers.length, 0);
  return bytes + missing * (base + longestId) + partitions * linesOfPartition * base;
}

/** As a label's value, at most: an escaped character takes one byte more. */
function bytesOf(text: string): number {
  return Buffer.byteLength(text) * (/[\\"\n]/.test(text) ? 2 : 1);
}
