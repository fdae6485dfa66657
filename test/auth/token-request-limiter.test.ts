import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TokenAnswer } from '../../src/auth/token-endpoint.ts';
import { createTokenRequestLimiter } from '../../src/auth/token-request-limiter.ts';
import { sleep, systemClock } from '../../src/clock.ts';
import { neverAborted } from './asking.ts';
import { granted } from './scripted-endpoint.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Asked {
  /** Milliseconds until the answer. */
  readonly latency?: number;
  readonly signal?: AbortSignal;
}

/** Requests through a limiter of one a second, and when they were sent: milliseconds since the start. */
function limited(interval: () => number = () => 1_000) {
  const ended = new AbortController();
  const limiter = createTokenRequestLimiter(interval, ended.signal, systemClock);
  const startedAt = systemClock.monotonic();
  const sent: (readonly [name: string, at: number])[] = [];
  const ask = (name: string, { latency = 0, signal = neverAborted }: Asked = {}): Promise<TokenAnswer | undefined> =>
    limiter.schedule(async () => {
      sent.push([name, systemClock.monotonic() - startedAt]);
      await sleep(latency, neverAborted);
      return granted(name);
    }, signal);
  return { ask, sent, intervalChanged: limiter.intervalChanged, end: () => ended.abort() };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('limited token requests', () => {
  it('are sent one a second, counted from the answer to the one before', async () => {
    const { ask, sent } = limited();
    const answers = ['a', 'b', 'c'].map((name) => ask(name, { latency: 200 }));
    await pass(5_000);
    expect(sent).toEqual([
      ['a', 0],
      ['b', 1_200],
      ['c', 2_400],
    ]);
    expect(await Promise.all(answers)).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
  });

  it('wait for a slow answer for two seconds at most', async () => {
    const { ask, sent } = limited();
    for (const name of ['a', 'b']) void ask(name, { latency: 30_000 });
    await pass(5_000);
    expect(sent).toEqual([
      ['a', 0],
      ['b', 3_000],
    ]);
  });

  it('are sent in the order in which they were asked for', async () => {
    const { ask, sent } = limited();
    const names = Array.from({ length: 100 }, (_, index) => `request-${index}`);
    for (const name of names) void ask(name, { latency: name.length });
    await pass(200_000);
    expect(sent.map(([name]) => name)).toEqual(names);
  });

  it('are answered without waiting for the interval', async () => {
    const { ask } = limited();
    const answer = ask('a', { latency: 200 });
    await pass(200);
    expect(await Promise.race([answer, 'still waiting'])).toMatchObject({ ok: true });
  });

  it('that are no longer wanted take no turn', async () => {
    const { ask, sent } = limited();
    const cluster = new AbortController();
    void ask('a');
    const given = ask('b', { signal: cluster.signal });
    void ask('c');
    await pass(500);
    cluster.abort();
    await pass(0);
    expect(await Promise.race([given, 'still waiting'])).toBeUndefined();
    await pass(5_000);
    expect(sent).toEqual([
      ['a', 0],
      ['c', 1_000],
    ]);
  });

  it.each([
    [5_000, 1_000, [0, 1_000, 2_000]],
    [5_000, 0, [0, 500, 500]],
    [5_000, 100, [0, 500, 600]],
    [1_000, 5_000, [0, 5_000, 10_000]],
  ])('that wait follow a limit that changes from one in %s ms to one in %s ms', async (before, after, expected) => {
    let interval = before;
    const { ask, sent, intervalChanged } = limited(() => interval);
    for (const name of ['a', 'b', 'c']) void ask(name);
    await pass(500);
    interval = after;
    intervalChanged();
    await pass(10_000);
    expect(sent.map(([, at]) => at)).toEqual(expected);
  });

  it('leave no timer behind when a limit changes', async () => {
    let interval = 100_000;
    const { ask, intervalChanged } = limited(() => interval);
    await ask('a');
    await pass(2_000);
    interval = 0;
    intervalChanged();
    await pass(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are all sent at once without a limit', async () => {
    const { ask, sent } = limited(() => 0);
    await Promise.all(['a', 'b'].map((name) => ask(name)));
    expect(sent).toEqual([
      ['a', 0],
      ['b', 0],
    ]);
  });

  it('leave no timer behind when the limiter ends', async () => {
    const { ask, end } = limited(() => 100_000);
    await ask('a');
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    end();
    await pass(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
