import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import type { ClusterConfig } from './config/config.ts';
import { connect } from './connect.ts';
import type { StatusFeed } from './http/status-feed.ts';
import { renderCluster } from './metrics/cluster-part.ts';
import { createInstruments } from './metrics/instruments.ts';
import type { Page } from './metrics/page.ts';
import { readRegistry } from './metrics/readings.ts';
import { nextHistory, noHistory } from './poll/events.ts';
import type { PollResult } from './poll/poll.ts';
import { createPollLog } from './poll/poll-log.ts';
import { runPoller } from './poll/poller.ts';
import { initialState, nextState } from './poll/state.ts';

/** A cluster that is polled, or will be once it is started. */
export interface Watched {
  readonly cluster: ClusterConfig;
  readonly polled: () => boolean;
  /** Begins to poll; `firstAfter` in milliseconds. */
  readonly start: (firstAfter: number) => void;
  /** Ends the polls, the one under way too, and closes every connection. */
  readonly stop: () => Promise<void>;
}

/** Where what is known of a cluster is shown. */
export interface Shown {
  readonly page: Page;
  readonly status: StatusFeed;
}

/** One cluster, from its poll to its part of the page. What is there from the start is on the page when this resolves. */
export async function watch(
  cluster: ClusterConfig,
  { page, status }: Shown,
  parentLogger: Logger,
  clock: Clock,
): Promise<Watched> {
  const { name, pollInterval, authentication } = cluster;
  const { poll, close } = connect(cluster, clock);
  const instruments = createInstruments(authentication.method);
  const log = createPollLog(parentLogger.child({ cluster: name }), clock);
  const stopping = new AbortController();
  let state = initialState(cluster);
  let history = noHistory;
  let polling: Promise<void> | undefined;

  const publish = async () => {
    status.update(state, history);
    page.update(name, renderCluster(state, await readRegistry(instruments.registry)));
  };
  const onResult = async (result: PollResult) => {
    const previous = state;
    state = nextState(previous, result);
    history = nextHistory(history, previous, state);
    instruments.record(result);
    await publish();
    log(previous, state);
  };

  await publish();
  return {
    cluster,
    polled: () => state.lastPoll !== undefined,
    start: (firstAfter) => {
      polling = runPoller({ poll, pollInterval, firstAfter, clock, onResult }, stopping.signal);
    },
    stop: async () => {
      stopping.abort();
      await polling;
      await close();
    },
  };
}
