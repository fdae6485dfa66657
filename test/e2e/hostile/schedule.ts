export const clusterCount = 200;
/** Milliseconds. */
export const pollInterval = 15_000;
/** Milliseconds that a fifth of the clusters is hostile, then the next fifth. */
const turn = 40_000;

export function isHostileAt(index: number, elapsed: number): boolean {
  return index % 5 === Math.floor(elapsed / turn) % 5;
}

/** What the process of the clusters tells. */
export interface Counts {
  /** Requests answered, by cluster. */
  readonly clusters: readonly { readonly good: number; readonly hostile: number }[];
  /** Milliseconds from the time of a poll to its request, of clusters while they were good. */
  readonly lateness: readonly number[];
}
