import type { Clock } from '../src/clock.ts';

interface ManualClock extends Clock {
  /** Milliseconds. */
  readonly advance: (ms: number) => void;
}

/** Returns a clock that only `advance` moves. Its two times differ, so that a test fails if one is used for the other. */
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
