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
