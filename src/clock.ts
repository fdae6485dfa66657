import { setImmediate as nextTurn } from 'node:timers/promises';

/** Time, passed in wherever something waits or is stamped, so that tests set it. */
export interface Clock {
  /** Unix time in milliseconds: for what people and other machines read. It may jump. */
  readonly now: () => number;
  /** Milliseconds since some moment: for durations and schedules. It never jumps. */
  readonly monotonic: () => number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** Ends after `ms` milliseconds, or at once when the signal aborts: the caller looks at the signal. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || ms <= 0) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** Runs with a signal that aborts with a `TimeoutError` after `ms` milliseconds, or as the given one does. */
export async function withDeadline<T>(
  ms: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const follow = () => controller.abort(signal.reason);
  if (signal.aborted) follow();
  signal.addEventListener('abort', follow, { once: true });
  const timer = setTimeout(() => {
    controller.abort(new DOMException(`no whole answer within ${ms / 1000} s`, 'TimeoutError'));
  }, ms);
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', follow);
  }
}

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
