import type { Spread } from './statistics.ts';

/** A row of docs/benchmarks.md. */
export interface Figure {
  readonly what: string;
  /** The value to reach, in the same unit. */
  readonly target: number;
  /** `times` is a ratio of two values of the same run; the other units are absolute values of one machine. */
  readonly unit: 'times' | 'MB' | 'ms' | '% of a core';
  readonly better: 'more' | 'less';
  readonly reached: Spread;
  /** The values behind the figure, as text. */
  readonly detail: string;
  /** The check leaves the figure out: it takes minutes, or a machine on which nothing else runs. */
  readonly isUnchecked?: true;
  /** Why the figure misses its target, if it does. */
  readonly reason?: string;
}

export function reaches({ target, better, reached }: Figure): boolean {
  return better === 'more' ? reached.median >= target : reached.median <= target;
}
