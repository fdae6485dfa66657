import { type WallClock, wallClock } from '../../../src/simulator/wall-clock.ts';

export interface HeldClock extends WallClock {
  /** Continues the time from the moment at which it was held. */
  readonly release: () => void;
}

/** Returns a clock for the simulator that stands still until `release` is called. */
export function heldClock(): HeldClock {
  const heldAt = Date.now();
  let behind: number | undefined;
  return {
    now: () => (behind === undefined ? heldAt : Date.now() - behind),
    sleep: wallClock.sleep,
    release: () => {
      behind = Date.now() - heldAt;
    },
  };
}
