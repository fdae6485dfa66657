import { singleLine } from '../redact.ts';
import type { Partition } from './partitions.ts';
import type { ReplicaHealth, Topology } from './topology.ts';

export const verdicts = ['healthy', 'degraded', 'unhealthy', 'unknown'] as const;
export type Verdict = (typeof verdicts)[number];

/** Derives the verdict of a topology: `unknown` if the gateway itself does not know the topology yet. */
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

/** Returns undefined without a leader. Of two leaders one is stale, and the one with the better health counts. */
function leaderHealth({ leaderReplicas }: Partition): ReplicaHealth | undefined {
  return fromBestToWorst.find((health) => leaderReplicas.some((leader) => leader.health === health));
}

/** One problem of a cluster, in words. */
export interface Finding {
  /** The verdict if this were the only problem. */
  readonly verdict: Exclude<Verdict, 'healthy'>;
  /** A sentence without capital and full stop. */
  readonly text: string;
}

/** Returns the reasons for the verdict of `verdictOf`, the worst first: none if it is healthy, else at least one. */
export function findingsOf(
  topology: Topology,
  partitions: readonly Partition[],
  missingBrokers: readonly string[],
): readonly Finding[] {
  const { clusterSize, partitionsCount, replicationFactor } = topology;
  if (clusterSize === undefined || partitionsCount === undefined || replicationFactor === undefined) {
    return [{ verdict: 'unknown', text: withoutSizes(topology) }];
  }
  const expected = partitions.filter(({ id }) => id <= partitionsCount);
  return [
    ...withoutLeader(expected),
    ...badLeaders(expected),
    ...brokersNotListed(topology.brokers.length, clusterSize, missingBrokers),
    ...fewHealthyReplicas(partitions, Math.min(replicationFactor, clusterSize)),
    ...leadersOfUnknownHealth(partitions),
  ];
}

function withoutSizes({ clusterSize, partitionsCount, replicationFactor }: Topology): string {
  const sizes = { clusterSize, partitionsCount, replicationFactor };
  const untold = Object.entries(sizes).flatMap(([name, size]) => (size === undefined ? [name] : []));
  return untold.length === 3
    ? 'the gateway knows no topology yet'
    : `the gateway does not tell ${untold.join(' and ')}`;
}

function withoutLeader(partitions: readonly Partition[]): readonly Finding[] {
  const ids = partitions.filter(({ leaders }) => leaders.length === 0).map(({ id }) => id);
  if (ids.length === 0) return [];
  return [{ verdict: 'unhealthy', text: `${named('partition', ids)} ${ids.length === 1 ? 'has' : 'have'} no leader` }];
}

function badLeaders(partitions: readonly Partition[]): readonly Finding[] {
  const bad = partitions.flatMap((partition) => {
    const health = leaderHealth(partition);
    return health === 'unhealthy' || health === 'dead' ? [{ id: partition.id, health }] : [];
  });
  return [...Map.groupBy(bad, ({ health }) => health)].map(([health, group]) => ({
    verdict: 'unhealthy',
    text: `${theLeaderOf(group.map(({ id }) => id))} ${health}`,
  }));
}

function brokersNotListed(listed: number, clusterSize: number, missing: readonly string[]): readonly Finding[] {
  const findings: Finding[] = [];
  if (missing.length > 0) {
    findings.push({
      verdict: 'degraded',
      text: `${named('broker', missing)} ${missing.length === 1 ? 'is' : 'are'} missing`,
    });
  }
  const unnamed = clusterSize - listed - missing.length;
  if (unnamed > 0) {
    const who = unnamed === 1 ? 'a broker is' : `${unnamed} brokers are`;
    findings.push({
      verdict: 'degraded',
      text: `${who} missing, unknown by name: ${listed} of ${clusterSize} are listed`,
    });
  }
  return findings;
}

function fewHealthyReplicas(partitions: readonly Partition[], wanted: number): readonly Finding[] {
  const few = partitions.filter(({ healthyReplicas }) => healthyReplicas < wanted);
  const byCount = Map.groupBy(few, ({ healthyReplicas }) => healthyReplicas);
  return [...byCount]
    .sort(([a], [b]) => a - b)
    .map(([healthy, group]) => {
      const ids = group.map(({ id }) => id);
      const verb = ids.length === 1 ? 'has' : 'have';
      return {
        verdict: 'degraded',
        text: `${named('partition', ids)} ${verb} ${healthy} of ${wanted} healthy replicas`,
      };
    });
}

function leadersOfUnknownHealth(partitions: readonly Partition[]): readonly Finding[] {
  const ids = partitions
    .filter(({ leaderReplicas }) => leaderReplicas.some(({ health }) => health === 'unknown'))
    .map(({ id }) => id);
  return ids.length === 0 ? [] : [{ verdict: 'degraded', text: `${theLeaderOf(ids)} of unknown health` }];
}

function theLeaderOf(ids: readonly number[]): string {
  return ids.length === 1
    ? `the leader of ${named('partition', ids)} is`
    : `the leaders of ${named('partition', ids)} are`;
}

/** Ids in one text: a large cluster may lose hundreds at once. */
const maxListed = 10;

/** Returns `broker 1`, `partitions 1, 2 and 3` or `partitions 1, 2, … 10 and 290 more`. Needs at least one id. */
export function named(noun: 'broker' | 'partition', ids: readonly (string | number)[]): string {
  return `${noun}${ids.length === 1 ? '' : 's'} ${enumerate(ids.map((id) => singleLine(String(id), 60)))}`;
}

/** Joins texts with commas and a last `and`. Cuts a long list, and tells how many it leaves out. */
export function enumerate(texts: readonly string[]): string {
  const listed = texts.length > maxListed ? texts.slice(0, maxListed) : texts.slice(0, -1);
  const last = texts.length > maxListed ? `${texts.length - maxListed} more` : texts.slice(-1).join();
  return listed.length === 0 ? last : `${listed.join(', ')} and ${last}`;
}
