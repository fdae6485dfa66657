import { omitUndefined } from '../omit-undefined.ts';
import { maxPartitions } from './parse.ts';
import type { Partition } from './partitions.ts';

/** The last known leader of a partition. */
export interface KnownLeader {
  /** Absent for the partitions of an answer without tenants. */
  readonly tenant?: string;
  readonly partition: number;
  /** Absent until the partition has a leader. */
  readonly leader?: string;
  /** How often it was another one than before. */
  readonly changes: number;
  /** The revision in which the partition was no longer listed; absent while it is listed. */
  readonly goneSince?: number;
}

/** The leaders of the partitions that a cluster has listed, so that the count goes on when a partition comes back. */
export interface KnownLeaders {
  /** By partition and tenant, in the order in which they were first listed. */
  readonly partitions: ReadonlyMap<string, KnownLeader>;
  /** While it is the same, so are the partitions and their order. */
  readonly revision: number;
}

export const noKnownLeaders: KnownLeaders = { partitions: new Map(), revision: 0 };

/**
 * The most partitions that are kept after they are gone, the latest ones: a gateway that invents tenants must not fill
 * the memory. A cluster has at most as many partitions, so none of them is forgotten if an answer lists nothing.
 */
const maxGone = maxPartitions;

export interface LeaderChange {
  /** As of the known leader. */
  readonly tenant?: string;
  readonly partition: number;
  readonly from: string;
  readonly to: string;
}

interface LedGroup {
  readonly tenant?: string;
  readonly partitions: readonly Pick<Partition, 'id' | 'leaders'>[];
}

/**
 * Counts no change if a partition has no leader for a while and then the same one, or has two leaders and one of them
 * is known. Returns the same object if no partition is new, gone or back, and no leader has changed.
 */
export function nextKnownLeaders(
  known: KnownLeaders,
  groups: readonly LedGroup[],
): { readonly leaders: KnownLeaders; readonly changes: readonly LeaderChange[] } {
  const updates = updatesOf(known, groups);
  if (updates.size === 0) return { leaders: known, changes: [] };
  const changes: LeaderChange[] = [];
  let isOtherList = false;
  for (const [key, { tenant, partition, leader, goneSince }] of updates) {
    const before = known.partitions.get(key);
    isOtherList ||= before?.goneSince !== goneSince || before === undefined;
    if (before?.leader === undefined || leader === undefined || leader === before.leader) continue;
    changes.push({ ...omitUndefined({ tenant }), partition, from: before.leader, to: leader });
  }
  const partitions = new Map([...known.partitions, ...updates]);
  if (isOtherList) forgetOldest(partitions);
  return { leaders: { partitions, revision: isOtherList ? known.revision + 1 : known.revision }, changes };
}

/** Returns the partitions that are not as they were known, with the same keys. */
function updatesOf({ partitions, revision }: KnownLeaders, groups: readonly LedGroup[]): Map<string, KnownLeader> {
  const updates = new Map<string, KnownLeader>();
  const listed = new Set<string>();
  for (const { tenant, partitions: ofGroup } of groups) {
    for (const { id: partition, leaders } of ofGroup) {
      const key = `${partition} ${tenant ?? ''}`;
      const before = partitions.get(key);
      const next = withLeader(before ? back(before) : { ...omitUndefined({ tenant }), partition, changes: 0 }, leaders);
      if (next !== before) updates.set(key, next);
      listed.add(key);
    }
  }
  for (const [key, before] of partitions) {
    if (before.goneSince === undefined && !listed.has(key)) updates.set(key, { ...before, goneSince: revision + 1 });
  }
  return updates;
}

function back(known: KnownLeader): KnownLeader {
  if (known.goneSince === undefined) return known;
  const { goneSince, ...listed } = known;
  return listed;
}

function withLeader(known: KnownLeader, leaders: readonly string[]): KnownLeader {
  const [leader] = leaders;
  if (leader === undefined) return known;
  if (known.leader === undefined) return { ...known, leader };
  return leaders.includes(known.leader) ? known : { ...known, leader, changes: known.changes + 1 };
}

function forgetOldest(partitions: Map<string, KnownLeader>): void {
  const gone = [...partitions].flatMap(([key, { goneSince }]) => (goneSince === undefined ? [] : [{ key, goneSince }]));
  if (gone.length <= maxGone) return;
  gone.sort((a, b) => b.goneSince - a.goneSince);
  for (const { key } of gone.slice(maxGone)) partitions.delete(key);
}
