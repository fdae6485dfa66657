import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { watch } from '../../src/cluster/monitor.ts';
import type { ClusterConfig } from '../../src/config/config.ts';
import { createPage } from '../../src/metrics/page.ts';
import { createPageBudget } from '../../src/metrics/page-budget.ts';
import { createStatusFeed } from '../../src/status/status-feed.ts';
import { healthy } from '../exporting.ts';
import { memoryLog } from '../memory-log.ts';
import { noProcessMetrics, readPage, textOf, valuesOf } from '../metrics/pages.ts';
import { clusterConfig } from '../polls.ts';
import { httpServer } from '../transport/loopback.ts';

/** For what takes a moment on a quiet machine. */
const soon = { timeout: 20_000, interval: 20 };

beforeEach(() => {
  // What is sent here stays on this machine, whatever proxies its environment names.
  vi.stubEnv('no_proxy', '*');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A cluster whose polls end when the test says so. */
async function setUp(config: Partial<ClusterConfig> = {}, budget = createPageBudget(1e6)) {
  const waiting: (() => void)[] = [];
  let requests = 0;
  const address = new URL(
    await httpServer((incoming, response) => {
      requests++;
      waiting.push(() => healthy(incoming, response));
    }),
  );
  const page = createPage(['production'], noProcessMetrics, systemClock);
  const shown = { page, budget, status: createStatusFeed(systemClock) };
  const watched = watch(clusterConfig({ address, ...config }), shown, memoryLog().logger, systemClock);
  onTestFinished(() => watched.stop());
  const read = async () => readPage(textOf(await page.body('text', 'identity')));
  return {
    watched,
    read,
    requests: () => requests,
    untilRequested: async (count: number) => {
      await vi.waitFor(() => expect(requests).toBe(count), soon);
    },
    answerAll: () => {
      for (const answer of waiting.splice(0)) answer();
    },
    polls: async () => valuesOf(await read(), 'polls_total'),
  };
}

describe('a poll asked for now', () => {
  it('is sent, counted and on the page when it ends, though the schedule has not begun', async () => {
    const { watched, untilRequested, answerAll, polls } = await setUp();
    const ended = watched.pollNow();
    await untilRequested(1);
    expect(watched.polled()).toBe(false);
    answerAll();
    expect(await ended).toBe(true);
    expect(watched.polled()).toBe(true);
    expect(await polls()).toEqual({ '': 1 });
  });

  it('is one for all who ask at once', async () => {
    const { watched, requests, untilRequested, answerAll, polls } = await setUp();
    const ended = Promise.all([watched.pollNow(), watched.pollNow(), watched.pollNow()]);
    await untilRequested(1);
    answerAll();
    expect(await ended).toEqual([true, true, true]);
    expect([requests(), await polls()]).toEqual([1, { '': 1 }]);
  });

  it('is the scheduled one where that is under way', async () => {
    const { watched, requests, untilRequested, answerAll, polls } = await setUp();
    watched.start(0);
    await untilRequested(1);
    const ended = watched.pollNow();
    answerAll();
    expect(await ended).toBe(true);
    expect([requests(), await polls()]).toEqual([1, { '': 1 }]);
  });

  it('is another one after each that has ended', async () => {
    const { watched, untilRequested, answerAll, polls } = await setUp();
    for (const count of [1, 2, 3]) {
      const ended = watched.pollNow();
      await untilRequested(count);
      answerAll();
      expect(await ended).toBe(true);
      expect(await polls()).toEqual({ '': count });
    }
  });

  it('is taken by the schedule for its own where a slot comes while it is under way', async () => {
    const { watched, untilRequested, requests, answerAll, polls } = await setUp({
      pollInterval: 1_000,
      pollTimeout: 1_000,
    });
    const ended = watched.pollNow();
    await untilRequested(1);
    watched.start(0);
    answerAll();
    expect(await ended).toBe(true);
    expect([requests(), await polls()]).toEqual([1, { '': 1 }]);
    await untilRequested(2);
  });

  it('that a stop cuts short is no poll', async () => {
    const { watched, untilRequested, polls } = await setUp();
    await watched.show();
    const ended = watched.pollNow();
    await untilRequested(1);
    await watched.stop();
    expect(await ended).toBe(false);
    expect(await polls()).toEqual({ '': 0 });
  });
});

describe('a topology that the page has no room for', () => {
  it('is a failed poll for its size, and its series are absent', async () => {
    const { watched, read, untilRequested, answerAll } = await setUp({}, createPageBudget(1_000));
    const ended = watched.pollNow();
    await untilRequested(1);
    answerAll();
    expect(await ended).toBe(true);
    const page = await read();
    expect(valuesOf(page, 'up')).toEqual({ '': 0 });
    expect(valuesOf(page, 'poll_failing')).toMatchObject({ 'reason=too_large': 1 });
    expect(valuesOf(page, 'poll_failures_total')).toMatchObject({ 'reason=too_large': 1 });
    expect(valuesOf(page, 'partition_role')).toEqual({});
    expect(valuesOf(page, 'auth_up')).toEqual({ '': 1 });
  });

  it('is on the page once another cluster has left it', async () => {
    const budget = createPageBudget(20_000);
    const other = budget.open();
    expect(other.admits(10_000)).toBe(true);
    const { watched, read, untilRequested, answerAll } = await setUp({}, budget);
    const pollOnce = async (count: number) => {
      const ended = watched.pollNow();
      await untilRequested(count);
      answerAll();
      await ended;
      return valuesOf(await read(), 'up');
    };
    expect(await pollOnce(1)).toEqual({ '': 0 });
    other.release();
    expect(await pollOnce(2)).toEqual({ '': 1 });
  });

  it('gives its room back when its cluster is stopped', async () => {
    const budget = createPageBudget(20_000);
    const { watched, untilRequested, answerAll } = await setUp({}, budget);
    const ended = watched.pollNow();
    await untilRequested(1);
    answerAll();
    await ended;
    const next = budget.open();
    expect(next.admits(20_000)).toBe(false);
    await watched.stop();
    expect(next.admits(20_000)).toBe(true);
  });
});
