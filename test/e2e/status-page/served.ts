import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../../src/clock.ts';
import type { ClusterConfig, ExternalLink } from '../../../src/config/config.ts';
import { createApp } from '../../../src/http/app.ts';
import { listen, type RunningServer } from '../../../src/http/server.ts';
import { createPage } from '../../../src/metrics/page.ts';
import { createProcessMetrics } from '../../../src/metrics/process-metrics.ts';
import { nextHistory, noHistory } from '../../../src/poll/events.ts';
import type { PollResult } from '../../../src/poll/poll.ts';
import { initialState, nextState } from '../../../src/poll/state.ts';
import { createStatusFeed } from '../../../src/status/status-feed.ts';
import { clusterConfig } from '../../polls.ts';

export interface ServedPage {
  readonly url: string;
  /** Ends a poll of a cluster with that result. */
  readonly poll: (name: string, result: PollResult) => void;
  readonly stop: () => Promise<void>;
  /** Listens at the same address as before. */
  readonly startAgain: () => Promise<void>;
}

type Configs = Readonly<Record<string, Pick<Partial<ClusterConfig>, 'authentication' | 'pollInterval'>>>;

/** Serves the app of the exporter until the test has ended. The test determines the results of the polls. */
export async function serve(
  configs: Configs,
  { clock = systemClock, links = [] }: { readonly clock?: Clock; readonly links?: readonly ExternalLink[] } = {},
): Promise<ServedPage> {
  const status = createStatusFeed(clock, links);
  const clusters = new Map(
    Object.entries(configs).map(([name, config]) => {
      const state = initialState(clusterConfig({ ...config, name }));
      status.update(state, noHistory);
      return [name, { state, history: noHistory }];
    }),
  );
  const app = createApp({
    page: createPage([], createProcessMetrics(), clock),
    status,
    clusters: { all: () => [], named: () => undefined, absence: () => undefined, standsBy: () => false },
    debug: async () => undefined,
    reload: async () => ({ ok: true, message: '' }),
    telemetryPath: '/metrics',
    logger: pino({ level: 'silent' }),
  });

  const first = await listen(app, { host: '127.0.0.1', port: 0 });
  const url = new URL(`http://${first.address}/`);
  let server: RunningServer | undefined = first;
  const stop = async () => {
    await server?.close();
    server = undefined;
  };
  onTestFinished(stop);
  return {
    url: url.href,
    poll: (name, result) => {
      const before = clusters.get(name);
      if (!before) throw new RangeError(`no cluster is named ${name}`);
      const state = nextState(before.state, result);
      const history = nextHistory(before.history, before.state, state);
      clusters.set(name, { state, history });
      status.update(state, history);
    },
    stop,
    startAgain: async () => {
      server = await listen(app, { host: '127.0.0.1', port: Number(url.port) });
    },
  };
}

/** Configures clusters without authentication. */
export function named(...names: readonly string[]): Configs {
  return Object.fromEntries(names.map((name) => [name, {}]));
}
