import { type Clock, sleep } from '../clock.ts';
import type { Poll, PollResult } from './poll.ts';

export interface PollerOptions {
  readonly poll: Poll;
  /** Milliseconds. */
  readonly pollInterval: number;
  /** Milliseconds until the first poll. */
  readonly firstAfter: number;
  readonly clock: Clock;
  readonly onResult: (result: PollResult) => Promise<void>;
}

/**
 * Polls until the signal aborts: never two at a time, at start + n × interval without drift. A slot that has gone by
 * altogether is left out. A poll cut short by the signal has no result.
 */
export async function runPoller(options: PollerOptions, signal: AbortSignal): Promise<void> {
  const { poll, pollInterval, firstAfter, clock, onResult } = options;
  const start = clock.monotonic() + firstAfter;
  for (let slot = 0; ; ) {
    await sleep(start + slot * pollInterval - clock.monotonic(), signal);
    if (signal.aborted) return;
    const result = await poll(signal);
    if (signal.aborted) return;
    await onResult(result);
    slot = Math.max(slot + 1, Math.floor((clock.monotonic() - start) / pollInterval));
  }
}
