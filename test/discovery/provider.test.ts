import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Discovered, discoverAtInterval } from '../../src/discovery/provider.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const discovered: Discovered = { ok: true, lists: [] };

async function collected(found: AsyncIterable<Discovered>): Promise<readonly Discovered[]> {
  const all: Discovered[] = [];
  for await (const each of found) all.push(each);
  return all;
}

/** Refreshes every second, and collects the seconds at which it does. */
function refreshing(retryAfter?: number) {
  const stopping = new AbortController();
  const startedAt = Date.now();
  const seconds: number[] = [];
  const refresh = async () => {
    seconds.push((Date.now() - startedAt) / 1000);
    return { discovered, retryAfter };
  };
  const ended = collected(discoverAtInterval(1_000, refresh, stopping.signal));
  return { seconds, ended, stop: () => stopping.abort() };
}

describe('a provider that is refreshed at an interval', () => {
  it('is refreshed at once and after each interval, until it is stopped', async () => {
    const { seconds, ended, stop } = refreshing();
    await vi.advanceTimersByTimeAsync(2_500);
    stop();
    expect(await ended).toHaveLength(3);
    expect(seconds).toEqual([0, 1, 2]);
  });

  it('waits longer where the server asks for it, and not less', async () => {
    const { seconds, stop } = refreshing(1_500);
    await vi.advanceTimersByTimeAsync(3_500);
    stop();
    expect(seconds).toEqual([0, 1.5, 3]);
    const impatient = refreshing(10);
    await vi.advanceTimersByTimeAsync(1_500);
    impatient.stop();
    expect(impatient.seconds).toEqual([0, 1]);
  });

  it('does not yield what it found after it was stopped', async () => {
    const stopping = new AbortController();
    const refresh = async () => {
      stopping.abort();
      return { discovered };
    };
    for await (const found of discoverAtInterval(1_000, refresh, stopping.signal)) expect(found).toBeUndefined();
  });
});
