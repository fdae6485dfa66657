import { setImmediate as nextTurn } from 'node:timers/promises';

/** The time. Passed in wherever something waits or takes a timestamp, so that tests can set it. */
export interface Clock {
  /** Unix time in milliseconds, for timestamps. May jump when the system's clock is set. */
  readonly now: () => number;
  /** Milliseconds since an arbitrary moment, for durations and schedules. Never jumps. */
  readonly monotonic: () => number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** Resolves after `ms` milliseconds, or as soon as the signal aborts. The caller checks the signal. */
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

/**
 * Calls `run` with a signal that aborts with a `TimeoutError` after `ms` milliseconds, or when the given signal does.
 */
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

/** Resolves to undefined if the promise takes longer, or the signal aborts. */
export async function within<T>(ms: number, promise: Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
  const ended = new AbortController();
  const end = () => ended.abort();
  if (signal?.aborted) end();
  signal?.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([promise, sleep(ms, ended.signal).then(() => undefined)]);
  } finally {
    end();
    signal?.removeEventListener('abort', end);
  }
}

/** Rejects with the reason of the signal when it aborts, so that what does not take a signal can be given up. */
export function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

/** Long work in parts, between which something else may run; returns its result. */
export type Parts<T> = Generator<void, T, void>;

/** Carries out work, and yields to the event loop after each 4 ms of it. */
export async function inParts<T>(work: Parts<T>): Promise<T> {
  const yieldWhenBusy = createYielder();
  for (;;) {
    const part = work.next();
    if (part.done) return part.value;
    const turn = yieldWhenBusy();
    if (turn) await turn;
  }
}

/** Milliseconds that work may hold the event loop before it yields. */
const maxHeld = 4;

/**
 * Returns a function to await between parts of long work: it yields to the event loop after more than 4 ms of work.
 * Returns undefined before that, so that work of many short parts can go on without awaiting each of them.
 */
export function createYielder(): () => Promise<void> | undefined {
  let since = performance.now();
  const yieldNow = async () => {
    await nextTurn();
    since = performance.now();
  };
  return () => (performance.now() - since < maxHeld ? undefined : yieldNow());
}
