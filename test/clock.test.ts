import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sleep, systemClock, withDeadline, within } from '../src/clock.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new AbortController().signal;

/** Observes a promise: `outcome` returns 'pending' until it has settled. */
function observe<T>(promise: Promise<T>): { readonly outcome: () => unknown } {
  let outcome: unknown = 'pending';
  promise.then(
    (value) => {
      outcome = value ?? 'ended';
    },
    (error) => {
      outcome = error;
    },
  );
  return { outcome: () => outcome };
}

describe('the system clock', () => {
  it('returns Unix time in milliseconds, and a monotonic time that ignores changes of the system time', () => {
    const before = systemClock.monotonic();
    expect(systemClock.now()).toBe(Date.UTC(2026, 0, 1));
    vi.setSystemTime(Date.UTC(2020, 0, 1));
    expect(systemClock.now()).toBe(Date.UTC(2020, 0, 1));
    vi.advanceTimersByTime(250);
    expect(systemClock.monotonic() - before).toBe(250);
  });
});

describe('a sleep', () => {
  it('ends after its time, not before', async () => {
    const { outcome } = observe(sleep(1_000, never));
    await vi.advanceTimersByTimeAsync(999);
    expect(outcome()).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(outcome()).toBe('ended');
  });

  it('ends at once when its signal aborts, and leaves no timer behind', async () => {
    const stop = new AbortController();
    const { outcome } = observe(sleep(1_000, stop.signal));
    stop.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(outcome()).toBe('ended');
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([0, -1, Number.NEGATIVE_INFINITY])('ends at once for %d ms', async (ms) => {
    await sleep(ms, never);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends at once if its signal has already aborted', async () => {
    await sleep(1_000, AbortSignal.abort());
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a deadline', () => {
  /** Resolves with the reason of the signal once it aborts. */
  const untilAborted = (signal: AbortSignal) =>
    new Promise<unknown>((resolve) => {
      if (signal.aborted) resolve(signal.reason);
      signal.addEventListener('abort', () => resolve(signal.reason));
    });

  it('aborts with a TimeoutError that names the timeout', async () => {
    const { outcome } = observe(withDeadline(10_000, never, untilAborted));
    await vi.advanceTimersByTimeAsync(9_999);
    expect(outcome()).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(outcome()).toMatchObject({ name: 'TimeoutError', message: 'no whole answer within 10 s' });
  });

  it('aborts with the reason of the outer signal', async () => {
    const stop = new AbortController();
    const { outcome } = observe(withDeadline(10_000, stop.signal, untilAborted));
    stop.abort('stopped');
    await vi.advanceTimersByTimeAsync(0);
    expect(outcome()).toBe('stopped');
  });

  it('is aborted from the start if the outer signal already is', async () => {
    await expect(withDeadline(10_000, AbortSignal.abort('stopped'), untilAborted)).resolves.toBe('stopped');
  });

  it('returns the result of work that ends in time, and leaves no timer behind', async () => {
    await expect(withDeadline(10_000, never, async () => 'done')).resolves.toBe('done');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects with the error of the work, and leaves no timer behind', async () => {
    const failing = withDeadline(10_000, never, async () => {
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a value that is awaited within a time', () => {
  const unsettled = new Promise<string>(() => {});

  it('is returned if it comes in time, also if the time is 0 and it is there', async () => {
    await expect(within(1_000, Promise.resolve('value'))).resolves.toBe('value');
    await expect(within(0, Promise.resolve('value'))).resolves.toBe('value');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is undefined afterwards', async () => {
    const { outcome } = observe(within(1_000, unsettled));
    await vi.advanceTimersByTimeAsync(999);
    expect(outcome()).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(outcome()).toBe('ended');
  });

  it('is undefined as soon as the signal aborts', async () => {
    const stop = new AbortController();
    const { outcome } = observe(within(1_000, unsettled, stop.signal));
    stop.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(outcome()).toBe('ended');
    await expect(within(1_000, unsettled, stop.signal)).resolves.toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects as its promise does', async () => {
    await expect(within(1_000, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(vi.getTimerCount()).toBe(0);
  });
});
