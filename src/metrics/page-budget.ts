import type { Admit } from '../poll/poll.ts';
import type { PartitionGroup, Topology } from '../zeebe/topology.ts';

/** The bytes that all clusters together may take on the page; see `createPageBudget`. */
export interface PageBudget {
  readonly maxBytes: number;
  /** The share of one cluster. */
  readonly open: () => PageShare;
}

export interface PageShare {
  /** Whether the page has room for that many bytes of this cluster, in place of its previous ones. */
  readonly admits: (bytes: number) => boolean;
  readonly release: () => void;
}

/**
 * Divides the bytes of the page among the clusters, so that no topology exhausts the memory of the process. Smaller
 * parts take precedence: if a cluster would fit without the larger ones, these are refused at their next poll.
 */
export function createPageBudget(maxBytes: number): PageBudget {
  interface Claim {
    readonly wanted: number;
    readonly granted: number;
  }
  const claims = new Map<PageShare, Claim>();
  let total: Claim = { wanted: 0, granted: 0 };

  const release = (share: PageShare): void => {
    const { wanted, granted } = claims.get(share) ?? { wanted: 0, granted: 0 };
    total = { wanted: total.wanted - wanted, granted: total.granted - granted };
    claims.delete(share);
  };

  const wantedBySmaller = (wanted: number): number => {
    let bytes = 0;
    for (const claim of claims.values()) if (claim.wanted < wanted) bytes += claim.wanted;
    return bytes;
  };

  const admits = (share: PageShare, wanted: number): boolean => {
    release(share);
    // Each of a thousand clusters asks at each poll: the claims are looked through only if they do not all fit.
    const isRoomForAll = total.wanted + wanted <= maxBytes;
    const isAdmitted = isRoomForAll || Math.max(total.granted, wantedBySmaller(wanted)) + wanted <= maxBytes;
    const granted = isAdmitted ? wanted : 0;
    claims.set(share, { wanted, granted });
    total = { wanted: total.wanted + wanted, granted: total.granted + granted };
    return isAdmitted;
  };

  return {
    maxBytes,
    open: () => {
      const share: PageShare = {
        admits: (bytes) => admits(share, bytes),
        release: () => release(share),
      };
      return share;
    },
  };
}

/** Admits a topology if the page has room for its series, before any of them is rendered. */
export function createAdmission(cluster: string, { maxBytes }: PageBudget, share: PageShare): Admit {
  return (topology) => {
    if (!topology) {
      share.release();
      return undefined;
    }
    const bytes = expositionBytes(cluster, topology);
    if (share.admits(bytes)) return undefined;
    return { reason: 'too_large', problem: { kind: 'no_room_on_page', bytes, maxBytes } };
  };
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

/** The bytes that the series of brokers, partitions and replicas take on the page: never less than the actual number. */
export function expositionBytes(cluster: string, { clusterSize = 0, brokers, groups }: Topology): number {
  const base = maxLineBytes + bytesOf(cluster);
  let maxIdBytes = 0;
  let bytes = 0;
  for (const { id, host, port, version } of brokers) {
    const idBytes = bytesOf(id);
    maxIdBytes = Math.max(maxIdBytes, idBytes);
    bytes += linesOfBroker * (base + idBytes) + bytesOf(host) + bytesOf(port) + bytesOf(version);
  }
  for (const group of groups) bytes += bytesOfGroup(base, group);
  const missing = Math.max(clusterSize - brokers.length, 0);
  return bytes + missing * (base + maxIdBytes);
}

function bytesOfGroup(clusterBase: number, { tenant, partitionsCount = 0, brokers }: PartitionGroup): number {
  const base = clusterBase + (tenant === undefined ? 0 : tenantLabelBytes + bytesOf(tenant));
  let partitions = partitionsCount;
  let bytes = tenant === undefined ? 0 : linesOfTenant * base;
  for (const { id, replicas } of brokers) {
    let lines = 0;
    for (const { state } of replicas) lines += state === undefined ? linesOfReplica : linesOfReplicaWithState;
    bytes += lines * (base + bytesOf(id));
    // Replicas are sorted by partition.
    partitions = Math.max(partitions, replicas.at(-1)?.partition ?? 0);
  }
  return bytes + partitions * linesOfPartition * base;
}

/** As the value of a label, at most: an escaped character takes one more byte. */
function bytesOf(text: string): number {
  return Buffer.byteLength(text) * (/[\\"\n]/.test(text) ? 2 : 1);
}
