import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import { type AssignedClusters, assignClusters } from './cluster/assignment.ts';
import { type Clusters, createClusters } from './cluster/clusters.ts';
import { createFleet, type Fleet } from './cluster/fleet.ts';
import type { ClusterOutput } from './cluster/monitor.ts';
import { createReload, type Load, type Reloaded, type ReloadOptions } from './cluster/reload.ts';
import { clustersOfShard } from './cluster/sharding.ts';
import type { ClusterConfig, Config } from './config/config.ts';
import type { Shard } from './config/replica-settings.ts';
import { createDebugReports, type DebugReport } from './debug-reports.ts';
import { createApp } from './http/app.ts';
import type { Servers } from './http/listen.ts';
import type { DebugCluster } from './http/probe.ts';
import { createLazyDiscovery, type LazyDiscovery } from './lazy-discovery.ts';
import { createLeadership, type Leadership } from './leadership.ts';
import { pageShareOfMemory, shareOfMemory } from './memory.ts';
import { createBudget } from './metrics/budget.ts';
import type { Budgets } from './metrics/cluster-admission.ts';
import { createClusterMetrics } from './metrics/cluster-metrics.ts';
import { createPage, type Page } from './metrics/page.ts';
import { createProcessMetrics } from './metrics/process-metrics.ts';
import { createStatusFeed, type StatusFeed } from './status/status-feed.ts';

export interface ExporterOptions {
  readonly config: Config;
  /** Closed when the exporter stops, and if it cannot be started. */
  readonly servers: Servers;
  /** Reads the configuration again, for reloads. */
  readonly load: Load;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface Exporter {
  /** Reads the configuration again and applies it completely or not at all. Never rejects. */
  readonly reload: () => Promise<Reloaded>;
  /** Ends the polls, answers the requests in progress, and closes every connection. */
  readonly stop: () => Promise<void>;
}

/** Starts to poll and to serve. Rejects with a `ConfigError` if the settings of a cluster cannot be used. */
export async function startExporter(options: ExporterOptions): Promise<Exporter> {
  try {
    return await start(options);
  } catch (error) {
    await options.servers.close();
    throw error;
  }
}

async function start({ config, servers, load, logger, clock }: ExporterOptions): Promise<Exporter> {
  const { shard, leaderElection } = config;
  const processMetrics = createProcessMetrics({ shard });
  const page = createPage([], processMetrics, clock);
  const status = createStatusFeed(clock, config.web.externalLinks);
  const leadership = await createLeadership(leaderElection, { processMetrics, page, status, logger, clock });
  const budgets = createBudgets(config);
  const clusters = createAssignedClusters({ page, status, budgets, shard, leadership, logger, clock });
  const recordReload = (succeeded: boolean) => {
    processMetrics.reloaded(succeeded, clock.now());
    page.refresh();
  };
  servers.web?.follow((succeeded, certificateExpiry) => {
    processMetrics.webConfigRead(succeeded, certificateExpiry);
    page.refresh();
  });

  const fleet = createFleet(clusters.replace);
  const discovery = createLazyDiscovery({ clusters, fleet, processMetrics, page, logger, clock });
  const { begin } = await fleet.configure(config.clusters, config.maxClusters);
  recordReload(true);
  if (shard) logShard(shard, config.clusters, logger);
  await discovery.configure(config);
  const apply = createApply({ fleet, discovery, budgets });
  const { reload, end } = createReload({ load, started: config, apply, record: recordReload, logger, clock });
  // Spread over the first interval: a start causes no load peak on what the clusters have in common.
  begin(Number.POSITIVE_INFINITY);
  leadership.begin(clusters);
  const stopping = new AbortController();
  const debug = debugIn(clusters, createDebugReports(clock, stopping.signal));
  const { awaited } = discovery;
  servers.serve(createApp({ page, status, clusters, awaited, debug, reload, ...config.web, logger }));
  return {
    reload,
    stop: async () => {
      stopping.abort();
      await Promise.all([
        stopInTurn([{ stop: end }, discovery, { stop: () => leadership.stop(clusters.stop) }]),
        servers.close(),
      ]);
    },
  };
}

interface Configured {
  readonly fleet: Fleet;
  readonly discovery: LazyDiscovery;
  readonly budgets: Budgets;
}

function createApply({ fleet, discovery, budgets }: Configured): ReloadOptions['apply'] {
  return async (next) => {
    const replacement = await fleet.configure(next.clusters, next.maxClusters);
    budgets.series.resize(maxSeriesOf(next));
    await discovery.configure(next);
    return replacement;
  };
}

function createBudgets(config: Config): Budgets {
  return {
    bytes: createBudget(shareOfMemory(pageShareOfMemory)),
    series: createBudget(maxSeriesOf(config)),
  };
}

function maxSeriesOf({ maxSeriesTotal = Number.POSITIVE_INFINITY }: Config): number {
  return maxSeriesTotal;
}

interface AssignedClustersOptions extends Outputs {
  readonly shard: Shard | undefined;
  readonly leadership: Leadership;
  readonly logger: Logger;
  readonly clock: Clock;
}

function createAssignedClusters(options: AssignedClustersOptions): AssignedClusters {
  const { page, status, shard, leadership, logger, clock } = options;
  const clusters = createClusters({
    createOutput: (cluster) => createOutput(cluster, options),
    arrange: (names) => {
      page.arrange(names);
      status.arrange(names);
    },
    mayPoll: leadership.mayPoll,
    logger,
    clock,
  });
  return assignClusters(clusters, { shard, standsBy: !leadership.mayPoll() });
}

function logShard(shard: Shard, all: readonly ClusterConfig[], logger: Logger): void {
  const { index, total } = shard;
  const own = clustersOfShard(all, shard).length;
  logger.info(
    { shard: index, totalShards: total },
    `shard ${index} of 0 to ${total - 1}: ${own} of ${all.length} clusters belong to it`,
  );
}

/** Ends reloads before discovery, and that before the polls, so that none of them starts what the next one has ended. */
async function stopInTurn(parts: readonly { readonly stop: () => Promise<void> }[]): Promise<void> {
  for (const { stop } of parts) await stop();
}

function debugIn({ named }: Clusters, report: DebugReport): DebugCluster {
  return async (name) => {
    const monitor = named(name);
    return monitor && report(monitor.cluster);
  };
}

interface Outputs {
  readonly page: Page;
  readonly status: StatusFeed;
  readonly budgets: Budgets;
}

function createOutput(cluster: ClusterConfig, { page, status, budgets }: Outputs): ClusterOutput {
  const metrics = createClusterMetrics(cluster, page, budgets);
  return {
    admit: metrics.admit,
    publish: async (state, history, result) => {
      await metrics.publish(state, result);
      status.update(state, history);
    },
    close: metrics.close,
  };
}
