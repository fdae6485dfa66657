import type { Clock } from '../src/clock.ts';

interface ManualClock extends Clock {
  /** Milliseconds. */
  readonly advance: (ms: number) => void;
}

/** A clock that stands still until told. Its two times differ, so that one taken for the other shows. */
export function manualClock(now = Date.UTC(2026, 0, 1)): ManualClock {
  let elapsed = 0;
  return {
    now: () => now + elapsed,
    monotonic: () => 1_000 + elapsed,
    advance: (ms) => {
      elapsed += ms;
    },
  };
}
