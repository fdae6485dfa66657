import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sleep, systemClock } from '../../src/clock.ts';
import { runPoller } from '../../src/cluster/monitor.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pollInterval = 10_000;

/** A poller whose n-th poll lasts as long as `durations` says, the last of them for all that follow. */
function start({ durations = [0], firstAfter = 0, resultTakes = 0 }) {
  const stop = new AbortController();
  const startedAt = systemClock.monotonic();
  const begun: number[] = [];
  const reported: number[] = [];
  let running = 0;
  let most = 0;
  let ended = false;
  const since = () => systemClock.monotonic() - startedAt;
  const poll = async () => {
    begun.push(since());
    running++;
    most = Math.max(most, running);
    await sleep(durations[begun.length - 1] ?? durations.at(-1) ?? 0, stop.signal);
    running--;
    if (stop.signal.aborted) return;
    await sleep(resultTakes, stop.signal);
    reported.push(since());
  };
  const done = runPoller({ poll, pollInterval, firstAfter, clock: systemClock }, stop.signal).then(() => {
    ended = true;
  });
  return {
    begun,
    reported,
    done,
    stop: () => stop.abort(),
    ended: () => ended,
    mostAtOnce: () => most,
  };
}

describe('the first poll', () => {
  it('begins at once', async () => {
    const { begun } = start({});
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual([0]);
  });

  it('begins after the offset', async () => {
    const { begun } = start({ firstAfter: 2_500 });
    await vi.advanceTimersByTimeAsync(2_499);
    expect(begun).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(begun).toEqual([2_500]);
  });
});

describe('the polls that follow', () => {
  it('begin one interval after the other, however long each of them takes', async () => {
    const { begun } = start({ durations: [37, 9_999, 1, 4_000] });
    await vi.advanceTimersByTimeAsync(49_999);
    expect(begun).toEqual([0, 10_000, 20_000, 30_000, 40_000]);
  });

  it('keep the offset', async () => {
    const { begun } = start({ durations: [37], firstAfter: 3_000 });
    await vi.advanceTimersByTimeAsync(29_999);
    expect(begun).toEqual([3_000, 13_000, 23_000]);
  });

  it('never run two at a time', async () => {
    const { begun, mostAtOnce } = start({ durations: [25_000, 100, 18_000] });
    await vi.advanceTimersByTimeAsync(300_000);
    expect(begun.length).toBeGreaterThan(5);
    expect(mostAtOnce()).toBe(1);
  });

  it('begin late where the one before took longer than its slot, then in step again', async () => {
    const { begun } = start({ durations: [12_000, 100] });
    await vi.advanceTimersByTimeAsync(39_999);
    expect(begun).toEqual([0, 12_000, 20_000, 30_000]);
  });

  it('leave out slots that have gone by altogether', async () => {
    const { begun } = start({ durations: [35_000, 100] });
    await vi.advanceTimersByTimeAsync(59_999);
    expect(begun).toEqual([0, 35_000, 40_000, 50_000]);
  });

  it('wait for what is done with the result', async () => {
    const { begun, reported } = start({ durations: [0], resultTakes: 15_000 });
    await vi.advanceTimersByTimeAsync(19_999);
    expect(begun).toEqual([0, 15_000]);
    expect(reported).toEqual([15_000]);
  });
});

describe('a stop', () => {
  it('ends a poller that sleeps, at once', async () => {
    const { begun, stop, done, reported } = start({});
    await vi.advanceTimersByTimeAsync(1_000);
    stop();
    await done;
    expect(begun).toEqual([0]);
    expect(reported).toEqual([0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends a poller that has not begun', async () => {
    const { begun, stop, done } = start({ firstAfter: 5_000 });
    stop();
    await done;
    expect(begun).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends with the poll that it cuts short', async () => {
    const { begun, stop, done, reported } = start({ durations: [5_000] });
    await vi.advanceTimersByTimeAsync(11_000);
    stop();
    await done;
    expect(begun).toEqual([0, 10_000]);
    expect(reported).toEqual([5_000]);
  });

  it('lets the result at hand be dealt with', async () => {
    const { stop, done, ended, reported } = start({ resultTakes: 5_000 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reported).toEqual([]);
    expect(ended()).toBe(false);
    stop();
    await done;
    expect(reported).toEqual([1_000]);
  });
});
