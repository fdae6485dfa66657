import type { WallClock } from '../../src/simulator/wall-clock.ts';

export interface ManualClock extends WallClock {
  /** Advances the time and ends the sleeps that are over. */
  readonly advance: (milliseconds: number) => void;
  /** Resolves with the duration of the next sleep. */
  readonly nextSleep: () => Promise<number>;
}

export function manualClock(start = Date.UTC(2030, 0, 1)): ManualClock {
  let now = start;
  let sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  const watchers: ((milliseconds: number) => void)[] = [];
  return {
    now: () => now,
    sleep: (milliseconds) =>
      new Promise((wake) => {
        sleepers.push({ until: now + milliseconds, wake });
        for (const watcher of watchers.splice(0)) watcher(milliseconds);
      }),
    advance(milliseconds) {
      now += milliseconds;
      for (const { until, wake } of sleepers) if (until <= now) wake();
      sleepers = sleepers.filter(({ until }) => until > now);
    },
    nextSleep: () => new Promise((resolve) => watchers.push(resolve)),
  };
}
