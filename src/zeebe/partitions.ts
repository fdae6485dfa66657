import type { Replica, Topology } from './topology.ts';

/** One partition over all brokers: whether it is led, by whom, and how many of its replicas can take over. */
export interface Partition {
  readonly id: number;
  /** Ids of the brokers that lead it: one as a rule, none in an election. */
  readonly leaders: readonly string[];
  readonly leaderReplicas: readonly Replica[];
  /** Replicas listed as leader or follower, those joining or leaving left out. */
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

/** Partitions 1 … partitionsCount and any other that is listed, by id. */
export function partitionsOf({ partitionsCount = 0, brokers }: Topology): readonly Partition[] {
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
  // Without the ids that nobody lists.
  return tallies.filter(() => true);
}

function countsAsReplica({ role, state }: Replica): boolean {
  return (role === 'leader' || role === 'follower') && state !== 'joining' && state !== 'leaving';
}

/** The last leader known of each partition, and how often it was another than the one known before. */
export type LeaderHistory = ReadonlyMap<number, { readonly leader?: string; readonly changes: number }>;

export interface LeaderChange {
  readonly partition: number;
  readonly from: string;
  readonly to: string;
}

/**
 * A, none, A is no change; of two leaders neither is new where the one known is among them. A history that stays as it
 * was is the same object.
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
