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
  const { all } = options.fleet;
  let loaded: ClusterDiscovery | undefined;
  let awaited: LazyDiscovery['awaited'] = all;
  const prepare: LazyDiscovery['prepare'] = async ({ discovery }) => {
    if (!discovery || loaded) return;
    loaded = await load(options);
    awaited = createAwaited(all, loaded.hasRefreshed);
  };
  return {
    prepare,
    configure: async (config) => {
      await prepare(config);
      await loaded?.configure(config.discovery);
    },
    awaited: () => awaited(),
    stop: async () => loaded?.stop(),
  };
}

async function load({
  fleet,
  sharedTokens,
  processMetrics,
  page,
  logger,
  clock,
}: LazyDiscoveryOptions): Promise<ClusterDiscovery> {
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
    logger,
    clock,
  });
}

/**
 * Returns the clusters that must have been polled before the exporter is ready: those known after the first refresh of each
 * provider, not those that are found later. Undefined until then.
 */
export function createAwaited<T extends { readonly cluster: Pick<ClusterConfig, 'name'> }>(
  all: () => readonly T[],
  hasRefreshed: () => boolean,
): () => readonly T[] | undefined {
  let names: ReadonlySet<string> | undefined;
  return () => {
    if (!names && !hasRefreshed()) return undefined;
    const clusters = all();
    const known = names ?? new Set(clusters.map(({ cluster }) => cluster.name));
    names = known;
    return clusters.filter(({ cluster }) => known.has(cluster.name));
  };
}
