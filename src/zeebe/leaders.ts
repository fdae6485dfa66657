import type { Partition } from './partitions.ts';

/** The last leader known of each partition, and how often it was another than the one known before. */
export type LeaderHistory = ReadonlyMap<number, { readonly leader?: string; readonly changes: number }>;

export interface LeaderChange {
  readonly partition: number;
  readonly from: string;
  readonly to: string;
}

/** A, none, A is no change; of two leaders neither is new where the one known is among them. */
export function nextLeaders(
  history: LeaderHistory,
  partitions: readonly Partition[],
): { readonly history: LeaderHistory; readonly changes: readonly LeaderChange[] } {
  const next = new Map(history);
  const changes: LeaderChange[] = [];
  for (const { id, leaders } of partitions) {
    const known = history.get(id) ?? { changes: 0 };
    const [leader] = leaders;
    if (leader === undefined || (known.leader !== undefined && leaders.includes(known.leader))) {
      next.set(id, known);
    } else if (known.leader === undefined) {
      next.set(id, { leader, changes: known.changes });
    } else {
      next.set(id, { leader, changes: known.changes + 1 });
      changes.push({ partition: id, from: known.leader, to: leader });
    }
  }
  return { history: next, changes };
}
