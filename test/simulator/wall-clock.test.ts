import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { wallClock } from '../../src/simulator/wall-clock.ts';

describe("the simulator's wall clock", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('sleeps for the given time', async () => {
    const awake = vi.fn();
    const slept = wallClock.sleep(1_000, new AbortController().signal).then(awake);
    await vi.advanceTimersByTimeAsync(999);
    expect(awake).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await slept;
    expect(wallClock.now()).toBe(Date.now());
  });

  it('wakes when the signal aborts, and leaves no timer behind', async () => {
    const controller = new AbortController();
    const slept = wallClock.sleep(1_000, controller.signal);
    controller.abort();
    await slept;
    await wallClock.sleep(1_000, controller.signal);
    expect(vi.getTimerCount()).toBe(0);
  });
});
