import type { Partition } from './partitions.ts';
import type { ReplicaHealth } from './topology.ts';

export const verdicts = ['healthy', 'degraded', 'unhealthy', 'unknown'] as const;
export type Verdict = (typeof verdicts)[number];

/** What is unknown may be worse than what is known to be degraded. */
const fromWorstToBest: readonly Verdict[] = ['unhealthy', 'unknown', 'degraded', 'healthy'];

/** Compares verdicts for sorting: the worst first. */
export function bySeverity(one: Verdict, other: Verdict): number {
  return fromWorstToBest.indexOf(one) - fromWorstToBest.indexOf(other);
}

/** Returns `unknown` if there are no verdicts. */
export function worstOf(all: readonly Verdict[]): Verdict {
  return all.toSorted(bySeverity)[0] ?? 'unknown';
}

/** What the verdict on a partition group follows from. */
export interface JudgedGroup {
  readonly clusterSize?: number;
  readonly brokersListed: number;
  readonly missingBrokers: readonly string[];
  readonly partitionsCount?: number;
  readonly replicationFactor?: number;
  readonly partitions: readonly Partition[];
}

/** Returns `unknown` if the gateway does not know the sizes yet. */
export function verdictOf(group: JudgedGroup): Verdict {
  const { clusterSize, partitionsCount, replicationFactor, partitions, brokersListed, missingBrokers } = group;
  if (clusterSize === undefined || partitionsCount === undefined || replicationFactor === undefined) return 'unknown';

  const expected = partitions.filter(({ id }) => id <= partitionsCount);
  if (expected.some(cannotProcess)) return 'unhealthy';

  const replicasWanted = Math.min(replicationFactor, clusterSize);
  const degraded =
    brokersListed < clusterSize ||
    missingBrokers.length > 0 ||
    partitions.some(({ healthyReplicas }) => healthyReplicas < replicasWanted) ||
    partitions.some(({ leaderReplicas }) => leaderReplicas.some(({ health }) => health === 'unknown'));
  return degraded ? 'degraded' : 'healthy';
}

function cannotProcess(partition: Partition): boolean {
  const health = leaderHealth(partition);
  return health === undefined || health === 'unhealthy' || health === 'dead';
}

const fromBestToWorst: readonly ReplicaHealth[] = ['healthy', 'unknown', 'unhealthy', 'dead'];

/** Returns undefined without a leader. Of two leaders one is stale, and the one with the better health counts. */
export function leaderHealth({ leaderReplicas }: Partition): ReplicaHealth | undefined {
  return fromBestToWorst.find((health) => leaderReplicas.some((leader) => leader.health === health));
}
