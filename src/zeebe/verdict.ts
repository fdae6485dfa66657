import type { Partition } from './partitions.ts';
import type { ReplicaHealth, Topology } from './topology.ts';

export const verdicts = ['healthy', 'degraded', 'unhealthy', 'unknown'] as const;
export type Verdict = (typeof verdicts)[number];

/** What a topology says of its cluster; `unknown` where the gateway itself does not know the topology yet. */
export function verdictOf(
  topology: Topology,
  partitions: readonly Partition[],
  missingBrokers: readonly string[],
): Verdict {
  const { clusterSize, partitionsCount, replicationFactor, brokers } = topology;
  if (clusterSize === undefined || partitionsCount === undefined || replicationFactor === undefined) return 'unknown';

  const expected = partitions.filter(({ id }) => id <= partitionsCount);
  if (expected.some(cannotProcess)) return 'unhealthy';

  const replicasWanted = Math.min(replicationFactor, clusterSize);
  const degraded =
    brokers.length < clusterSize ||
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

/** Undefined without a leader. Of two leaders one is stale: the better one is taken for the real one. */
export function leaderHealth({ leaderReplicas }: Partition): ReplicaHealth | undefined {
  return fromBestToWorst.find((health) => leaderReplicas.some((leader) => leader.health === health));
}
