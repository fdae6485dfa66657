import type { Logger } from 'pino';
import { type Clock, createTurns, sleep } from '../clock.ts';
import type { ClusterConfig } from '../config/config.ts';
import { createClusterRenderer } from '../metrics/cluster-part.ts';
import { createInstruments, readRegistry } from '../metrics/counters.ts';
import type { Page } from '../metrics/page.ts';
import { expositionBytes, type PageBudget, type PageShare } from '../metrics/page-budget.ts';
import { nextHistory, noHistory } from '../poll/events.ts';
import type { Admit, PollResult } from '../poll/poll.ts';
import { createPollLog } from '../poll/poll-log.ts';
import { initialState, nextState } from '../poll/state.ts';
import type { StatusFeed } from '../status/status-feed.ts';
import { connectRotating } from './connection.ts';

/** A cluster that is polled, or will be once it is started. */
export interface Watched {
  /** As it is in use: its files may have changed since it was configured. */
  readonly cluster: ClusterConfig;
  /** And what came of it is on the page. */
  readonly polled: () => boolean;
  /** Puts what is there from the start on the page. */
  readonly show: () => Promise<void>;
  /** Begins to poll; `firstAfter` in milliseconds. */
  readonly start: (firstAfter: number) => void;
  /** Whether a poll ended and is on the page: the one under way, or one that begins now. A stop cuts it short. */
  readonly pollNow: () => Promise<boolean>;
  /** Ends the polls, the one under way too, and closes every connection. */
  readonly stop: () => Promise<void>;
}

/** Where what is known of a cluster is shown. */
export interface Shown {
  readonly page: Page;
  readonly budget: PageBudget;
  readonly status: StatusFeed;
}

/** One cluster, from its poll to its part of the page. */
export function watch(
  cluster: ClusterConfig,
  { page, budget, status }: Shown,
  parentLogger: Logger,
  clock: Clock,
): Watched {
  const { name, pollInterval, authentication } = cluster;
  const render = createClusterRenderer(name);
  const instruments = createInstruments(authentication.method);
  const logger = parentLogger.child({ cluster: name });
  const share = budget.open();
  const admit = createAdmit(name, budget, share);
  const { poll, close, cluster: inUse } = connectRotating(cluster, logger, clock, admit);
  const log = createPollLog(logger, clock);
  const stopping = new AbortController();
  let state = initialState(cluster);
  let history = noHistory;
  let underWay: Promise<boolean> | undefined;
  let polling: Promise<void> | undefined;
  let isPolled = false;

  const publish = async () => {
    const part = await render(state, await readRegistry(instruments.registry));
    await page.prepare(part);
    status.update(state, history);
    page.update(name, part);
  };
  const onResult = async (result: PollResult) => {
    const previous = state;
    const turn = createTurns();
    state = nextState(previous, result);
    history = nextHistory(history, previous, state);
    instruments.record(result);
    await turn();
    await publish();
    isPolled = true;
    log(state, history.latest);
  };

  const pollOnce = async () => {
    const result = await poll(stopping.signal);
    // A poll that the stop cut short tells nothing of the cluster.
    if (stopping.signal.aborted) return false;
    await onResult(result);
    return true;
  };
  const pollNow = () => {
    underWay ??= pollOnce().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };

  return {
    get cluster() {
      return inUse();
    },
    polled: () => isPolled,
    show: publish,
    start: (firstAfter) => {
      polling = runPoller({ poll: pollNow, pollInterval, firstAfter, clock }, stopping.signal);
    },
    pollNow,
    stop: async () => {
      stopping.abort();
      await Promise.all([polling, underWay]);
      share.release();
      await close();
    },
  };
}

/** Refuses a topology that the page has no room for, before anything of it is rendered. */
function createAdmit(name: string, { maxBytes }: PageBudget, share: PageShare): Admit {
  return (topology) => {
    if (!topology) {
      share.release();
      return undefined;
    }
    const bytes = expositionBytes(name, topology);
    const problem = { kind: 'no_room_on_page', bytes, maxBytes } as const;
    return share.admits(bytes) ? undefined : { reason: 'too_large', problem };
  };
}

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
