import type { Parts } from '../src/clock.ts';

/** Carries out work without a pause between its parts. */
export function atOnce<T>(work: Parts<T>): T {
  for (;;) {
    const part = work.next();
    if (part.done) return part.value;
  }
}
