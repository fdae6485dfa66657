import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/simulator/clock.ts';

describe('the system clock', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('sleeps as long as told', async () => {
    const awake = vi.fn();
    const slept = systemClock.sleep(1_000, new AbortController().signal).then(awake);
    await vi.advanceTimersByTimeAsync(999);
    expect(awake).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await slept;
    expect(systemClock.now()).toBe(Date.now());
  });

  it('wakes when the signal aborts, and leaves no timer behind', async () => {
    const controller = new AbortController();
    const slept = systemClock.sleep(1_000, controller.signal);
    controller.abort();
    await slept;
    await systemClock.sleep(1_000, controller.signal);
    expect(vi.getTimerCount()).toBe(0);
  });
});
