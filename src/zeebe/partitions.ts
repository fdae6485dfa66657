import type { PartitionGroup, Replica } from './topology.ts';

/** One partition over all brokers: its leaders, and how many replicas can take over. */
export interface Partition {
  readonly id: number;
  /** Ids of the brokers that lead it: normally one, none during an election. */
  readonly leaders: readonly string[];
  readonly leaderReplicas: readonly Replica[];
  /** The number of replicas listed as leader or follower, without those that are joining or leaving. */
  readonly replicas: number;
  readonly healthyReplicas: number;
}

interface Tally {
  readonly id: number;
  readonly leaders: string[];
  readonly leaderReplicas: Replica[];
  replicas: number;
  healthyReplicas: number;
}

/** Returns partitions 1 … partitionsCount and any other that is listed, sorted by id. */
export function partitionsOf({ partitionsCount = 0, brokers }: PartitionGroup): readonly Partition[] {
  const tallies: Tally[] = [];
  const tallyOf = (id: number): Tally => {
    tallies[id] ??= { id, leaders: [], leaderReplicas: [], replicas: 0, healthyReplicas: 0 };
    return tallies[id];
  };
  for (let id = 1; id <= partitionsCount; id++) tallyOf(id);
  for (const broker of brokers) {
    for (const replica of broker.replicas) {
      const tally = tallyOf(replica.partition);
      if (replica.role === 'leader') {
        tally.leaders.push(broker.id);
        tally.leaderReplicas.push(replica);
      }
      if (!countsAsReplica(replica)) continue;
      tally.replicas++;
      if (replica.health === 'healthy') tally.healthyReplicas++;
    }
  }
  // Removes the holes of the array: ids that are not listed.
  return tallies.filter(() => true);
}

function countsAsReplica({ role, state }: Replica): boolean {
  return (role === 'leader' || role === 'follower') && state !== 'joining' && state !== 'leaving';
}

/** Returns a function that tells whether a partition lacks a leader or healthy replicas. */
export function hasProblem({
  replicationFactor = 0,
  clusterSize = 0,
}: {
  readonly replicationFactor?: number | undefined;
  readonly clusterSize?: number | undefined;
}): (partition: Pick<Partition, 'leaders' | 'healthyReplicas'>) => boolean {
  const wanted = Math.min(replicationFactor, clusterSize);
  return ({ leaders, healthyReplicas }) => leaders.length === 0 || healthyReplicas < wanted;
}

/** The last known leader of each partition of a group, and how often it was another one than before. */
export type LeaderHistory = ReadonlyMap<number, { readonly leader?: string; readonly changes: number }>;

export interface LeaderChange {
  /** Absent for the partitions of an answer without tenants. */
  readonly tenant?: string;
  readonly partition: number;
  readonly from: string;
  readonly to: string;
}

/**
 * Counts no change if a partition has no leader for a while and then the same one, or has two leaders and one of them is
 * known. Returns the same object if the history stays the same.
 */
export function nextLeaders(
  history: LeaderHistory,
  partitions: readonly Partition[],
): { readonly history: LeaderHistory; readonly changes: readonly LeaderChange[] } {
  const next = new Map(history);
  const changes: LeaderChange[] = [];
  let isSame = true;
  for (const { id, leaders } of partitions) {
    const known = history.get(id);
    const [leader] = leaders;
    const isKnown = known?.leader !== undefined && leaders.includes(known.leader);
    if (known && (leader === undefined || isKnown)) continue;
    isSame = false;
    if (leader === undefined) {
      next.set(id, { changes: 0 });
    } else if (known?.leader === undefined) {
      next.set(id, { leader, changes: known?.changes ?? 0 });
    } else {
      next.set(id, { leader, changes: known.changes + 1 });
      changes.push({ partition: id, from: known.leader, to: leader });
    }
  }
  return { history: isSame ? history : next, changes };
}

/** The leaders of each partition group by its tenant, `undefined` where there are none. No group is ever removed. */
export type LeadersByTenant = ReadonlyMap<string | undefined, LeaderHistory>;

interface LedGroup {
  readonly tenant?: string;
  readonly partitions: readonly Partition[];
}

/** Applies `nextLeaders` to each group. Returns the same object if the history of no group has changed. */
export function nextLeadersByTenant(
  leaders: LeadersByTenant,
  groups: readonly LedGroup[],
): { readonly leaders: LeadersByTenant; readonly changes: readonly LeaderChange[] } {
  const next = new Map(leaders);
  const changes: LeaderChange[] = [];
  let isSame = true;
  for (const { tenant, partitions } of groups) {
    const known = leaders.get(tenant);
    const { history, changes: own } = nextLeaders(known ?? new Map(), partitions);
    if (history === known) continue;
    isSame = false;
    next.set(tenant, history);
    for (const change of own) changes.push({ ...(tenant !== undefined && { tenant }), ...change });
  }
  return { leaders: isSame ? leaders : next, changes };
}
