import { type Clock, sleep } from '../clock.ts';

export interface PollerOptions {
  /** Resolves once its result is dealt with; to be cut short by the same signal. */
  readonly poll: () => Promise<unknown>;
  /** Milliseconds. */
  readonly pollInterval: number;
  /** Milliseconds until the first poll. */
  readonly firstAfter: number;
  readonly clock: Clock;
}

/**
 * Polls until the signal aborts: never two at a time, at start + n × interval without drift. A slot that has gone by
 * altogether is left out.
 */
export async function runPoller(options: PollerOptions, signal: AbortSignal): Promise<void> {
  const { poll, pollInterval, firstAfter, clock } = options;
  const start = clock.monotonic() + firstAfter;
  for (let slot = 0; ; ) {
    await sleep(start + slot * pollInterval - clock.monotonic(), signal);
    if (signal.aborted) return;
    await poll();
    slot = Math.max(slot + 1, Math.floor((clock.monotonic() - start) / pollInterval));
  }
}
