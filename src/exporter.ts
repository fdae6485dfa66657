import type { Logger } from 'pino';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config/config.ts';
import { createApp } from './http/app.ts';
import { listen, type RunningServer } from './http/server.ts';
import { createStatusFeed } from './http/status-feed.ts';
import { createPage } from './metrics/page.ts';
import { createProcessMetrics } from './metrics/process-families.ts';
import { watch } from './watch.ts';

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
  const watched = await Promise.all(clusters.map((cluster) => watch(cluster, { page, status }, logger, clock)));

  const app = createApp({
    page,
    status,
    notYetPolled: () => watched.filter(({ polled }) => !polled()).length,
    telemetryPath: config.web.telemetryPath,
    logger,
  });
  const servers = await listenOnAll(app, config);

  watched.forEach(({ start, cluster }, index) => {
    // Spread over the first interval: a start is no load peak for what the clusters have in common.
    start((index * cluster.pollInterval) / watched.length);
  });
  return {
    addresses: servers.map(({ address }) => address),
    stop: async () => {
      await Promise.all([...watched.map(({ stop }) => stop()), ...servers.map(({ close }) => close())]);
    },
  };
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
