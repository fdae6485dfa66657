import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import { createClusters } from './cluster/clusters.ts';
import { createFleet, type Fleet } from './cluster/fleet.ts';
import { createReload, type Load, type Reloaded, type ReloadOptions } from './cluster/reload.ts';
import { logShard } from './cluster/sharding.ts';
import { createSharedTokens } from './cluster/shared-tokens.ts';
import { createOutputs } from './cluster-outputs.ts';
import type { Config } from './config/config.ts';
import { createDebugReports } from './debug-reports.ts';
import { createApp } from './http/app.ts';
import type { Servers } from './http/listen.ts';
import { createLazyDiscovery, type LazyDiscovery } from './lazy-discovery.ts';
import { createLeadership } from './leadership.ts';
import { pageShareOfMemory, shareOfMemory } from './memory.ts';
import { createBudget } from './metrics/budget.ts';
import type { Budgets } from './metrics/cluster-admission.ts';
import { createPage, type Page } from './metrics/page.ts';
import { createProcessMetrics, type ProcessMetrics } from './metrics/process-metrics.ts';
import { createStatusFeed } from './status/status-feed.ts';

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
  const { shard, leaderElection, maxSeriesTotal } = config;
  const processMetrics = createProcessMetrics({ shard });
  const page = createPage([], processMetrics, clock);
  const status = createStatusFeed(clock, config.web.externalLinks);
  const budgets = { bytes: createBudget(shareOfMemory(pageShareOfMemory)), series: createBudget(maxSeriesTotal) };
  const sharedTokens = createSharedTokens(clock);
  const leadership = await createLeadership(leaderElection, { processMetrics, page, status, logger, clock });
  const { mayPoll } = leadership;
  const outputs = createOutputs({ page, status, budgets });
  const clusters = createClusters({ ...outputs, mayPoll, sharedTokens, logger, clock });
  const fleet = createFleet(clusters, { shard, standsBy: !mayPoll() });
  const discovery = createLazyDiscovery({ fleet, sharedTokens, processMetrics, page, logger, clock });
  const apply = createApply(fleet, discovery, budgets);
  const record = showConfiguration(servers, processMetrics, page, clock);

  const { begin } = await apply(config);
  record(true);
  if (shard) logShard(shard, config.clusters, logger);
  const { reload, end } = createReload({ load, started: config, apply, record, logger, clock });
  begin();
  leadership.begin(fleet);
  const stopping = new AbortController();
  const report = createDebugReports({ mayPoll, clock, stopping: stopping.signal });
  const debug = async (name: string) => {
    const monitor = fleet.named(name);
    return monitor && report(monitor);
  };
  const { awaited } = discovery;
  servers.serve(createApp({ page, status, clusters: fleet, awaited, debug, reload, ...config.web, logger }));
  return {
    reload,
    stop: async () => {
      stopping.abort();
      const endPolls = async () => {
        // Each of them could start again what the next one has ended.
        await end();
        await discovery.stop();
        await leadership.stop(fleet.stop);
      };
      await Promise.all([endPolls(), servers.close()]);
    },
  };
}

function createApply(fleet: Fleet, discovery: LazyDiscovery, { series }: Budgets): ReloadOptions['apply'] {
  return async (config) => {
    await discovery.prepare(config);
    const replacement = await fleet.configure(config.clusters, config.maxClusters);
    series.resize(config.maxSeriesTotal);
    await discovery.configure(config);
    return replacement;
  };
}

/**
 * Shows whether the web configuration could be read. Returns a function to show whether the configuration was applied.
 */
function showConfiguration(
  { web }: Servers,
  processMetrics: ProcessMetrics,
  page: Page,
  clock: Clock,
): ReloadOptions['record'] {
  web?.follow((succeeded, certificateExpiry) => {
    processMetrics.webConfigRead(succeeded, certificateExpiry);
    page.refresh();
  });
  return (succeeded) => {
    processMetrics.reloaded(succeeded, clock.now());
    page.refresh();
  };
}
