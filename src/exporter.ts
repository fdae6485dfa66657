import type { Logger } from 'pino';
import type { Authenticator } from './auth/authenticator.ts';
import { createBasic } from './auth/basic.ts';
import { none } from './auth/none.ts';
import { createOAuth2 } from './auth/oauth2.ts';
import { createTokenEndpoint } from './auth/token-endpoint.ts';
import { createTokenSource } from './auth/token-source.ts';
import { type Clock, systemClock } from './clock.ts';
import type { ClusterConfig, Config } from './config/config.ts';
import { createApp } from './http/app.ts';
import { listen, type RunningServer } from './http/server.ts';
import { createStatusFeed, type StatusFeed } from './http/status-feed.ts';
import { renderCluster } from './metrics/cluster-part.ts';
import { createInstruments } from './metrics/instruments.ts';
import { createPage, type Page } from './metrics/page.ts';
import { createProcessMetrics } from './metrics/process-families.ts';
import { readRegistry } from './metrics/readings.ts';
import { nextHistory, noHistory } from './poll/events.ts';
import { createPoll } from './poll/poll.ts';
import { createPollLog } from './poll/poll-log.ts';
import { runPoller } from './poll/poller.ts';
import { initialState, nextState } from './poll/state.ts';
import { createDispatcher } from './transport/dispatcher.ts';
import { createClient } from './zeebe/client.ts';

export interface Exporter {
  /** As bound. */
  readonly addresses: readonly string[];
  /** Ends the polls, answers the requests in flight, and closes every connection. */
  readonly stop: () => Promise<void>;
}

/** Puts the parts together and starts them. Rejects, with nothing left running, where an address cannot be bound. */
export async function startExporter(config: Config, logger: Logger, clock: Clock = systemClock): Promise<Exporter> {
  const processMetrics = createProcessMetrics();
  processMetrics.reloaded(true, clock.now());
  const { clusters } = config;
  const page = createPage(
    clusters.map(({ name }) => name),
    processMetrics,
    clock,
  );
  const status = createStatusFeed(clock);
  const watched = clusters.map((cluster) => watch(cluster, { page, status }, logger, clock));
  await Promise.all(watched.map(({ publish }) => publish()));

  const app = createApp({
    page,
    status,
    notYetPolled: () => watched.filter(({ polled }) => !polled()).length,
    telemetryPath: config.web.telemetryPath,
    logger,
  });
  const servers = await listenOnAll(app, config);

  const stopping = new AbortController();
  const pollers = watched.map(({ run, pollInterval }, index) =>
    // Spread over the first interval: a start is no load peak for what the clusters have in common.
    run((index * pollInterval) / watched.length, stopping.signal),
  );
  return {
    addresses: servers.map(({ address }) => address),
    stop: async () => {
      stopping.abort();
      await Promise.all([...pollers, ...servers.map(({ close }) => close())]);
    },
  };
}

interface Watched {
  readonly pollInterval: number;
  readonly polled: () => boolean;
  /** Brings what is known onto the pages. */
  readonly publish: () => Promise<void>;
  /** Polls until the signal aborts; `firstAfter` in milliseconds. */
  readonly run: (firstAfter: number, signal: AbortSignal) => Promise<void>;
}

/** Where what is known of a cluster is shown. */
interface Shown {
  readonly page: Page;
  readonly status: StatusFeed;
}

/** One cluster, from its poll to its part of the page. */
function watch(cluster: ClusterConfig, { page, status }: Shown, parentLogger: Logger, clock: Clock): Watched {
  const { name, address, apiVersion, headers, transport, pollInterval, pollTimeout } = cluster;
  const logger = parentLogger.child({ cluster: name });
  const dispatcher = createDispatcher(transport, pollTimeout);
  const client = createClient({ address, apiVersion, headers, dispatcher });
  const { authenticator, close } = createAuthenticator(cluster, clock);
  const poll = createPoll({ client, authenticator, pollTimeout, clock });
  const instruments = createInstruments(authenticator.method);
  const log = createPollLog(logger, clock);
  let state = initialState(cluster);
  let history = noHistory;

  const publish = async () => {
    status.update(state, history);
    page.update(name, renderCluster(state, await readRegistry(instruments.registry)));
  };
  return {
    pollInterval,
    polled: () => state.lastPoll !== undefined,
    publish,
    run: async (firstAfter, signal) => {
      const onResult: Parameters<typeof runPoller>[0]['onResult'] = async (result) => {
        const previous = state;
        state = nextState(previous, result);
        history = nextHistory(history, previous, state);
        instruments.record(result);
        await publish();
        log(previous, state);
      };
      await runPoller({ poll, pollInterval, firstAfter, clock, onResult }, signal);
      await Promise.all([dispatcher.destroy(), close()]);
    },
  };
}

function createAuthenticator(
  { authentication, pollInterval, pollTimeout }: ClusterConfig,
  clock: Clock,
): { readonly authenticator: Authenticator; readonly close: () => Promise<void> } {
  switch (authentication.method) {
    case 'none':
      return { authenticator: none, close: async () => {} };
    case 'basic':
      return { authenticator: createBasic(authentication), close: async () => {} };
    case 'oauth2': {
      const dispatcher = createDispatcher(authentication.transport, pollTimeout);
      const endpoint = createTokenEndpoint(authentication, dispatcher, clock);
      const tokens = createTokenSource({ endpoint, pollInterval, pollTimeout, clock, random: Math.random });
      return { authenticator: createOAuth2(authentication.audience, tokens), close: () => dispatcher.destroy() };
    }
  }
}

/** All of them, or none. */
async function listenOnAll(app: Parameters<typeof listen>[0], { web }: Config): Promise<readonly RunningServer[]> {
  const results = await Promise.allSettled(web.listenAddresses.map((address) => listen(app, address)));
  const servers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (!failed) return servers;
  await Promise.all(servers.map(({ close }) => close()));
  throw failed.reason;
}
