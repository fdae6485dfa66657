import type { Spread } from './statistics.ts';

/** A row of docs/benchmarks.md. */
export interface Figure {
  readonly what: string;
  /** What it must reach, in the same unit. */
  readonly target: number;
  /** A ratio to what was measured in the same run, or a plain figure of this machine. */
  readonly unit: 'times' | 'MB' | 'ms' | '% of a core';
  readonly better: 'more' | 'less';
  readonly reached: Spread;
  /** What the ratio is made of, in words. */
  readonly detail: string;
  /** Where it falls short of what it must reach: why. */
  readonly reason?: string;
}

export function reaches({ target, better, reached }: Figure): boolean {
  return better === 'more' ? reached.median >= target : reached.median <= target;
}
