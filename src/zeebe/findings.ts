import { named, subject } from '../wording.ts';
import type { Partition } from './partitions.ts';
import { bySeverity, leaderHealth, type Verdict } from './verdict.ts';
import type { ClusterView, GroupView } from './view.ts';

/** What a finding is about. */
export type FindingKind =
  | 'topology_unknown'
  | 'partition_without_leader'
  | 'leader_unhealthy'
  | 'leader_health_unknown'
  | 'broker_missing'
  | 'replication_below_factor';

/** One problem of a cluster, in words. */
export interface Finding {
  /** The verdict if this were the only problem. */
  readonly verdict: Exclude<Verdict, 'healthy'>;
  readonly kind: FindingKind;
  /** A sentence without capital and full stop. */
  readonly text: string;
}

const noTopologyYet = 'the gateway knows no topology yet';

/**
 * Returns the reasons for the verdict of a view, the worst first: none if it is healthy, else at least one. What
 * several physical tenants have in common is one finding.
 */
export function findingsOf({ topology, groups, missingBrokers }: ClusterView): readonly Finding[] {
  const { clusterSize, brokers } = topology;
  if (groups.length === 0) {
    const text = clusterSize === undefined ? noTopologyYet : 'the gateway lists no physical tenant';
    return [{ verdict: 'unknown', kind: 'topology_unknown', text }];
  }
  const isAnyKnown = groups.some(({ verdict }) => verdict !== 'unknown');
  return [
    ...ofGroups(groups, (group) => [...unknownSizes(group, clusterSize), ...partitionsThatCannotProcess(group)]),
    ...(isAnyKnown && clusterSize !== undefined ? brokersNotListed(brokers.length, clusterSize, missingBrokers) : []),
    ...ofGroups(groups, (group) => partitionsAtRisk(group, clusterSize)),
  ].sort((one, other) => bySeverity(one.verdict, other.verdict));
}

/** Returns the findings of all groups; the same ones in several physical tenants are one that names them. */
function ofGroups(
  groups: readonly GroupView[],
  findings: (group: GroupView) => readonly Finding[],
): readonly Finding[] {
  const found = groups.flatMap((group) => findings(group).map((finding) => ({ tenant: group.tenant, ...finding })));
  const same = Map.groupBy(found, ({ verdict, text }) => `${verdict} ${text}`);
  return [...same.values()].flatMap((group) => {
    const tenants = group.flatMap(({ tenant }) => tenant ?? []);
    const where = tenants.length === 0 ? '' : `${named('physical tenant', tenants)}: `;
    return group.slice(0, 1).map(({ verdict, kind, text }) => ({ verdict, kind, text: `${where}${text}` }));
  });
}

function unknownSizes(
  { verdict, partitionsCount, replicationFactor }: GroupView,
  clusterSize: number | undefined,
): readonly Finding[] {
  return verdict === 'unknown'
    ? [{ verdict, kind: 'topology_unknown', text: withoutSizes({ clusterSize, partitionsCount, replicationFactor }) }]
    : [];
}

function partitionsThatCannotProcess(group: GroupView): readonly Finding[] {
  const { verdict, partitions, partitionsCount = 0 } = group;
  if (verdict === 'unknown') return [];
  const expected = partitions.filter(({ id }) => id <= partitionsCount);
  return [...withoutLeader(expected, group), ...badLeaders(expected)];
}

function partitionsAtRisk(
  { verdict, partitions, replicationFactor = 0 }: GroupView,
  clusterSize = 0,
): readonly Finding[] {
  if (verdict === 'unknown') return [];
  const wanted = Math.min(replicationFactor, clusterSize);
  return [...fewHealthyReplicas(partitions, wanted), ...leadersOfUnknownHealth(partitions)];
}

function withoutSizes(sizes: Readonly<Record<string, number | undefined>>): string {
  const untold = Object.entries(sizes).flatMap(([name, size]) => (size === undefined ? [name] : []));
  return untold.length === 3 ? noTopologyYet : `the gateway does not tell ${untold.join(' and ')}`;
}

function withoutLeader(partitions: readonly Partition[], group: GroupView): readonly Finding[] {
  const ids = partitions.filter(({ leaders }) => leaders.length === 0).map(({ id }) => id);
  if (ids.length === 0) return [];
  const recovering = recoveringPartitions(group);
  const [inRecovery, others] = [ids.filter((id) => recovering.has(id)), ids.filter((id) => !recovering.has(id))];
  return [
    ...(others.length > 0 ? [leaderless(others, '')] : []),
    ...(inRecovery.length > 0 ? [leaderless(inRecovery, ', and replicas in recovery mode')] : []),
  ];
}

function leaderless(ids: readonly number[], more: string): Finding {
  return {
    verdict: 'unhealthy',
    kind: 'partition_without_leader',
    text: `${subject('partition', ids, 'has')} no leader${more}`,
  };
}

/** An operator puts a physical tenant into recovery mode, in which its partitions have no leader. */
function recoveringPartitions({ brokers }: GroupView): ReadonlySet<number> {
  const replicas = brokers.flatMap(({ replicas }) => replicas.filter(({ state }) => state === 'recovering'));
  return new Set(replicas.map(({ partition }) => partition));
}

function badLeaders(partitions: readonly Partition[]): readonly Finding[] {
  const bad = partitions.flatMap((partition) => {
    const health = leaderHealth(partition);
    return health === 'unhealthy' || health === 'dead' ? [{ id: partition.id, health }] : [];
  });
  return [...Map.groupBy(bad, ({ health }) => health)].map(([health, group]) => ({
    verdict: 'unhealthy',
    kind: 'leader_unhealthy',
    text: `${theLeaderOf(group.map(({ id }) => id))} ${health}`,
  }));
}

function brokersNotListed(listed: number, clusterSize: number, missing: readonly string[]): readonly Finding[] {
  const findings: Finding[] = [];
  if (missing.length > 0) {
    findings.push({
      verdict: 'degraded',
      kind: 'broker_missing',
      text: `${subject('broker', missing, 'is')} missing`,
    });
  }
  const unnamed = clusterSize - listed - missing.length;
  if (unnamed > 0) {
    const who = unnamed === 1 ? 'a broker is' : `${unnamed} brokers are`;
    findings.push({
      verdict: 'degraded',
      kind: 'broker_missing',
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
      return {
        verdict: 'degraded',
        kind: 'replication_below_factor',
        text: `${subject('partition', ids, 'has')} ${healthy} of ${wanted} healthy replicas`,
      };
    });
}

function leadersOfUnknownHealth(partitions: readonly Partition[]): readonly Finding[] {
  const ids = partitions
    .filter(({ leaderReplicas }) => leaderReplicas.some(({ health }) => health === 'unknown'))
    .map(({ id }) => id);
  if (ids.length === 0) return [];
  return [{ verdict: 'degraded', kind: 'leader_health_unknown', text: `${theLeaderOf(ids)} of unknown health` }];
}

function theLeaderOf(ids: readonly number[]): string {
  return `the leader${ids.length === 1 ? '' : 's'} of ${subject('partition', ids, 'is')}`;
}
