export const clusterCount = 200;
/** Milliseconds. */
export const pollInterval = 15_000;
/** Milliseconds for which a fifth of the clusters is hostile, before the next fifth is. */
const turn = 40_000;

export function isHostileAt(index: number, elapsed: number): boolean {
  return index % 5 === Math.floor(elapsed / turn) % 5;
}

/** What the process of the clusters reports. */
export interface Counts {
  /** Requests answered, by cluster. */
  readonly clusters: readonly { readonly good: number; readonly hostile: number }[];
  /** Milliseconds from the scheduled time of a poll to its request, of clusters that were not hostile. */
  readonly lateness: readonly number[];
}
