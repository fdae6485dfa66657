import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds that work may hold the event loop. */
const mostHeld = 4;

/** To be awaited between parts of work that begins now: where it has held the loop for long, others get their turn. */
export function createTurns(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < mostHeld) return;
    await nextTurn();
    since = performance.now();
  };
}
