import { type WallClock, wallClock } from '../../../src/simulator/wall-clock.ts';

export interface HeldClock extends WallClock {
  /** Lets time go on from the moment at which it was held. */
  readonly release: () => void;
}

/** The simulator's clock, which stands still until the test is ready for the story to begin. */
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
