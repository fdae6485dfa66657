import type { Partition } from './partitions.ts';

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
