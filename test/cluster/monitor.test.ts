import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { type ClusterOutput, createClusterMonitor } from '../../src/cluster/monitor.ts';
import { createSharedTokens } from '../../src/cluster/shared-tokens.ts';
import type { ClusterConfig } from '../../src/config/config.ts';
import { createBudget } from '../../src/metrics/budget.ts';
import { createClusterMetrics } from '../../src/metrics/cluster-metrics.ts';
import { createPage } from '../../src/metrics/page.ts';
import type { ClusterState } from '../../src/poll/state.ts';
import { healthy } from '../exporting.ts';
import { manualClock } from '../manual-clock.ts';
import { memoryLog } from '../memory-log.ts';
import { noProcessMetrics, readPage, textOf, valuesOf } from '../metrics/pages.ts';
import { clusterConfig } from '../polls.ts';
import { httpServer, listen } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';

/** For what takes a moment on an idle machine. */
const soon = { timeout: 20_000, interval: 20 };

beforeEach(withoutProxy);

/** A cluster whose polls end when the test says so. */
async function setUp(
  config: Partial<ClusterConfig> = {},
  bytes = createBudget(1e6),
  {
    answer = healthy,
    clock = systemClock,
    mayPoll = () => true,
    published = async () => {},
  }: {
    readonly answer?: RequestListener;
    readonly clock?: Clock;
    readonly mayPoll?: () => boolean;
    /** Awaited by each publication. */
    readonly published?: (state: ClusterState) => Promise<void>;
  } = {},
) {
  const waiting: (() => void)[] = [];
  let requests = 0;
  const address = new URL(
    await httpServer((incoming, response) => {
      requests++;
      waiting.push(() => answer(incoming, response));
    }),
  );
  const page = createPage(['production'], noProcessMetrics, systemClock);
  const cluster = clusterConfig({ address, ...config });
  const metrics = createClusterMetrics(cluster, page, { bytes, series: createBudget(Number.POSITIVE_INFINITY) });
  const output: ClusterOutput = {
    ...metrics,
    publish: async (state, _history, result) => {
      await published(state);
      await metrics.publish(state, result);
    },
  };
  const { logger, lines } = memoryLog();
  const monitor = createClusterMonitor(cluster, output, {
    mayPoll,
    logger,
    clock,
    sharedTokens: createSharedTokens(clock),
  });
  onTestFinished(() => monitor.stop());
  const read = async () => readPage(textOf(await page.body('text', 'identity')));
  return {
    monitor,
    read,
    requests: () => requests,
    lines,
    untilRequested: async (count: number) => {
      await vi.waitFor(() => expect(requests).toBe(count), soon);
    },
    answerAll: () => {
      for (const answer of waiting.splice(0)) answer();
    },
    polls: async () => valuesOf(await read(), 'polls_total'),
  };
}

describe('a probe of a monitor', () => {
  it('sends a poll, counts it and updates the page before the polling loop has started', async () => {
    const { monitor, untilRequested, answerAll, polls } = await setUp();
    const ended = monitor.probe();
    await untilRequested(1);
    expect(monitor.ready()).toBe(false);
    answerAll();
    expect(await ended).toBe(true);
    expect(monitor.ready()).toBe(true);
    expect(await polls()).toEqual({ '': 1 });
  });

  it('sends one poll for all calls at the same time', async () => {
    const { monitor, requests, untilRequested, answerAll, polls } = await setUp();
    const ended = Promise.all([monitor.probe(), monitor.probe(), monitor.probe()]);
    await untilRequested(1);
    answerAll();
    expect(await ended).toEqual([true, true, true]);
    expect([requests(), await polls()]).toEqual([1, { '': 1 }]);
  });

  it('joins the scheduled poll in progress', async () => {
    const { monitor, requests, untilRequested, answerAll, polls } = await setUp();
    monitor.start(0);
    await untilRequested(1);
    const ended = monitor.probe();
    answerAll();
    expect(await ended).toBe(true);
    expect([requests(), await polls()]).toEqual([1, { '': 1 }]);
  });

  it('sends another poll after each one that has ended', async () => {
    const { monitor, untilRequested, answerAll, polls } = await setUp();
    for (const count of [1, 2, 3]) {
      const ended = monitor.probe();
      await untilRequested(count);
      answerAll();
      expect(await ended).toBe(true);
      expect(await polls()).toEqual({ '': count });
    }
  });

  it('sends a poll that the polling loop joins if its slot comes meanwhile', async () => {
    const { monitor, untilRequested, requests, answerAll, polls } = await setUp({
      pollInterval: 1_000,
      pollTimeout: 1_000,
    });
    const ended = monitor.probe();
    await untilRequested(1);
    monitor.start(0);
    answerAll();
    expect(await ended).toBe(true);
    expect([requests(), await polls()]).toEqual([1, { '': 1 }]);
    await untilRequested(2);
  });

  it('sends and counts no poll while polls are not allowed, and polls on schedule once they are', async () => {
    let mayPoll = false;
    const { monitor, requests, untilRequested, polls } = await setUp({ pollInterval: 100 }, undefined, {
      mayPoll: () => mayPoll,
    });
    monitor.start(0);
    expect(await monitor.probe()).toBe(false);
    expect([requests(), await polls()]).toEqual([0, {}]);
    mayPoll = true;
    await untilRequested(1);
  });

  it('is ended by a stop at once, also while its connection is being opened', async () => {
    const silent = createServer();
    const address = new URL(`https://127.0.0.1:${await listen(silent)}/`);
    const { monitor } = await setUp({ address, pollTimeout: 60_000 });
    const ended = monitor.probe();
    await once(silent, 'connection');
    await monitor.stop();
    expect(await ended).toBe(false);
  });

  it('counts no poll that a stop has ended', async () => {
    const { monitor, untilRequested, polls } = await setUp();
    await monitor.publish();
    const ended = monitor.probe();
    await untilRequested(1);
    await monitor.stop();
    expect(await ended).toBe(false);
    expect(await polls()).toEqual({ '': 0 });
  });
});

describe('a probe with a minimum interval', () => {
  it('is answered from the last poll, until that ended as long ago', async () => {
    const clock = manualClock();
    const { monitor, requests, untilRequested, answerAll, polls } = await setUp(
      { probeMinInterval: 5_000 },
      undefined,
      { clock },
    );
    const first = monitor.probe();
    await untilRequested(1);
    answerAll();
    expect(await first).toBe(true);
    clock.advance(4_999);
    expect(await monitor.probe()).toBe(true);
    expect([requests(), await polls()]).toEqual([1, { '': 1 }]);
    clock.advance(1);
    const second = monitor.probe();
    await untilRequested(2);
    answerAll();
    expect(await second).toBe(true);
    expect(await polls()).toEqual({ '': 2 });
  });

  it('is answered from a poll that the polling loop has started', async () => {
    const { monitor, requests, untilRequested, answerAll } = await setUp({ probeMinInterval: 60_000 });
    monitor.start(0);
    await untilRequested(1);
    answerAll();
    await vi.waitFor(() => expect(monitor.ready()).toBe(true), soon);
    expect(await monitor.probe()).toBe(true);
    expect(requests()).toBe(1);
  });
});

describe('other labels of a monitor', () => {
  const labelled = { labels: { team: 'payments' }, meta: { provider: 'file' } } as const;

  it('are on the page at once, without a poll and without the loss of a counter', async () => {
    const { monitor, read, requests, untilRequested, answerAll } = await setUp({ labels: { team: 'orders' } });
    const ended = monitor.probe();
    await untilRequested(1);
    answerAll();
    await ended;
    await monitor.relabel(labelled);
    const page = await read();
    expect(valuesOf(page, 'cluster_labels')).toEqual({ 'team=payments': 1 });
    expect(valuesOf(page, 'up')).toEqual({ '': 1 });
    expect(valuesOf(page, 'polls_total')).toEqual({ '': 1 });
    expect(requests()).toBe(1);
  });

  it('stay when a poll that was in progress ends', async () => {
    const { monitor, read, untilRequested, answerAll } = await setUp();
    await monitor.publish();
    const ended = monitor.probe();
    await untilRequested(1);
    await monitor.relabel(labelled);
    expect(valuesOf(await read(), 'cluster_labels')).toEqual({ 'team=payments': 1 });
    answerAll();
    await ended;
    expect(valuesOf(await read(), 'cluster_labels')).toEqual({ 'team=payments': 1 });
    expect(monitor.cluster).toMatchObject(labelled);
  });

  it('are published after the result that is being published, and not before', async () => {
    const publishing: (() => void)[] = [];
    const published: string[] = [];
    const { monitor, untilRequested, answerAll } = await setUp({}, undefined, {
      published: async ({ labels, lastPoll }) => {
        await new Promise<void>((resolve) => publishing.push(resolve));
        published.push(`${lastPoll ? 'polled' : 'new'} ${labels.team ?? ''}`);
      },
    });
    const ended = monitor.probe();
    await untilRequested(1);
    answerAll();
    await vi.waitFor(() => expect(publishing).toHaveLength(1), soon);
    const relabelled = monitor.relabel(labelled);
    publishing[0]?.();
    await vi.waitFor(() => expect(publishing).toHaveLength(2), soon);
    publishing[1]?.();
    await Promise.all([ended, relabelled]);
    expect(published).toEqual(['polled ', 'polled payments']);
  });

  it('leave the settings the same object from one look to the next', async () => {
    const { monitor } = await setUp();
    await monitor.relabel(labelled);
    expect(monitor.cluster).toBe(monitor.cluster);
  });
});

describe('a monitor with the poll interval 0', () => {
  it('is ready without a poll, and polls when it is probed only', async () => {
    const { monitor, requests, untilRequested, answerAll, read, polls } = await setUp({ pollInterval: 0 });
    await monitor.publish();
    monitor.start(0);
    expect(monitor.ready()).toBe(true);
    expect(valuesOf(await read(), 'poll_interval_seconds')).toEqual({ '': 0 });
    expect(valuesOf(await read(), 'up')).toEqual({});
    const ended = monitor.probe();
    await untilRequested(1);
    answerAll();
    expect(await ended).toBe(true);
    expect([requests(), await polls()]).toEqual([1, { '': 1 }]);
    await monitor.stop();
    expect(requests()).toBe(1);
  });
});

describe('a topology for which the page has no room', () => {
  it('fails the poll with the reason too_large, and has no series', async () => {
    const { monitor, read, untilRequested, answerAll } = await setUp({}, createBudget(1_000));
    const ended = monitor.probe();
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

  it('is on the page after another cluster has left it', async () => {
    const budget = createBudget(20_000);
    const other = budget.open();
    expect(other.admits(10_000)).toBe(true);
    const { monitor, read, untilRequested, answerAll } = await setUp({}, budget);
    const pollOnce = async (count: number) => {
      const ended = monitor.probe();
      await untilRequested(count);
      answerAll();
      await ended;
      return valuesOf(await read(), 'up');
    };
    expect(await pollOnce(1)).toEqual({ '': 0 });
    other.release();
    expect(await pollOnce(2)).toEqual({ '': 1 });
  });

  it('leaves its room to others when its monitor is stopped', async () => {
    const budget = createBudget(20_000);
    const { monitor, untilRequested, answerAll } = await setUp({}, budget);
    const ended = monitor.probe();
    await untilRequested(1);
    answerAll();
    await ended;
    const next = budget.open();
    expect(next.admits(20_000)).toBe(false);
    await monitor.stop();
    expect(next.admits(20_000)).toBe(true);
  });
});

describe('a gateway of 8.10', () => {
  const answer: RequestListener = (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end('{"clusterSize":1,"partitionsCount":1,"replicationFactor":1,"gatewayVersion":"8.10.0","brokers":[]}');
  };

  it('is told once to have more physical tenants than polls may see', async () => {
    const { monitor, untilRequested, answerAll, lines } = await setUp({}, createBudget(1e6), { answer });
    for (const count of [1, 2]) {
      const ended = monitor.probe();
      await untilRequested(count);
      answerAll();
      await ended;
    }
    const notes = lines.filter(({ msg }) => msg.includes('polls see the physical tenant default alone'));
    expect(notes).toMatchObject([
      { gatewayVersion: '8.10.0', msg: expect.stringContaining('set physical_tenants to all') },
    ]);
  });
});
