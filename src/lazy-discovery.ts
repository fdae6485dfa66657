import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import type { Fleet } from './cluster/fleet.ts';
import type { ClusterMonitor } from './cluster/monitor.ts';
import type { SharedTokens } from './cluster/shared-tokens.ts';
import type { ClusterConfig, Config } from './config/config.ts';
import type { ClusterDiscovery } from './discovery/cluster-discovery.ts';
import type { Page } from './metrics/page.ts';
import type { ProcessMetrics } from './metrics/process-metrics.ts';

export interface LazyDiscoveryOptions {
  readonly fleet: Fleet;
  readonly sharedTokens: SharedTokens;
  readonly processMetrics: ProcessMetrics;
  readonly page: Page;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Discovery whose code is loaded when it is first configured. */
export interface LazyDiscovery {
  /** Loads the code if the configuration needs it. Rejects if that fails, as `configure` would. */
  readonly prepare: (config: Config) => Promise<void>;
  /** Starts the providers of the configuration instead of the present ones. */
  readonly configure: (config: Config) => Promise<void>;
  /** The clusters that must have been polled before the exporter is ready; undefined while they are unknown. */
  readonly awaited: () => readonly ClusterMonitor[] | undefined;
  readonly stop: () => Promise<void>;
}

export function createLazyDiscovery(options: LazyDiscoveryOptions): LazyDiscovery {
  const awaited = createAwaited(options.fleet);
  let loaded: ClusterDiscovery | undefined;
  let isStarting = true;
  const prepare: LazyDiscovery['prepare'] = async ({ discovery }) => {
    if (!discovery || loaded) return;
    loaded = await load(options, awaited.refreshed);
  };
  return {
    prepare,
    configure: async (config) => {
      await prepare(config);
      if (config.discovery) awaited.discover(isStarting);
      isStarting = false;
      await loaded?.configure(config.discovery);
    },
    awaited: awaited.clusters,
    stop: async () => loaded?.stop(),
  };
}

async function load(
  { fleet, sharedTokens, processMetrics, page, logger, clock }: LazyDiscoveryOptions,
  refreshed: () => void,
): Promise<ClusterDiscovery> {
  const { createClusterDiscovery } = await import('./discovery/cluster-discovery.ts');
  return createClusterDiscovery({
    fleet,
    sharedTokens,
    record: (report) => {
      processMetrics.discovered(report);
      page.refresh();
    },
    forget: (provider) => {
      processMetrics.notDiscovered(provider);
      page.refresh();
    },
    refreshed,
    logger,
    clock,
  });
}

interface AwaitedClusters<T> {
  readonly clusters: () => readonly T[] | undefined;
  /** Called when discovery is configured, at the start of the exporter or by a reload. */
  readonly discover: (isStarting: boolean) => void;
  /** Called when each provider has been refreshed. */
  readonly refreshed: () => void;
}

/**
 * The clusters that must have been polled before the exporter is ready. With discovery from the start on, these are the
 * clusters known after the first refresh of each provider, and undefined until then. With discovery since a reload,
 * they are those known at the reload, so that an exporter that was ready stays so. Clusters that are found later do not
 * count.
 */
export function createAwaited<T extends { readonly cluster: Pick<ClusterConfig, 'name'> }>({
  all,
  knownNames,
}: Pick<Fleet, 'knownNames'> & { readonly all: () => readonly T[] }): AwaitedClusters<T> {
  const undecided = () => undefined;
  let clusters: AwaitedClusters<T>['clusters'] = all;
  const awaitKnown = () => {
    const known = new Set(knownNames());
    clusters = () => all().filter(({ cluster }) => known.has(cluster.name));
  };
  return {
    clusters: () => clusters(),
    discover: (isStarting) => {
      if (isStarting) clusters = undecided;
      else if (clusters === all) awaitKnown();
    },
    refreshed: () => {
      if (clusters === undecided) awaitKnown();
    },
  };
}
