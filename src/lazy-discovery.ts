import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import type { Clusters } from './cluster/clusters.ts';
import { createAwaited, type Fleet } from './cluster/fleet.ts';
import type { ClusterMonitor } from './cluster/monitor.ts';
import type { Config } from './config/config.ts';
import type { ClusterDiscovery } from './discovery/cluster-discovery.ts';
import type { Page } from './metrics/page.ts';
import type { ProcessMetrics } from './metrics/process-metrics.ts';

export interface LazyDiscoveryOptions {
  readonly clusters: Clusters;
  readonly fleet: Fleet;
  readonly processMetrics: ProcessMetrics;
  readonly page: Page;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Discovery whose code is loaded when it is first configured. */
export interface LazyDiscovery {
  /** Starts the providers of the configuration instead of the present ones. */
  readonly configure: (config: Config) => Promise<void>;
  /** The clusters that must have been polled before the exporter is ready; undefined while they are unknown. */
  readonly awaited: () => readonly ClusterMonitor[] | undefined;
  readonly stop: () => Promise<void>;
}

export function createLazyDiscovery(options: LazyDiscoveryOptions): LazyDiscovery {
  const { clusters } = options;
  let loaded: ClusterDiscovery | undefined;
  let awaited: LazyDiscovery['awaited'] = clusters.all;
  return {
    configure: async ({ discovery }) => {
      if (discovery && !loaded) {
        loaded = await load(options);
        awaited = createAwaited(clusters.all, loaded.hasRefreshed);
      }
      await loaded?.configure(discovery);
    },
    awaited: () => awaited(),
    stop: async () => loaded?.stop(),
  };
}

async function load({
  clusters,
  fleet,
  processMetrics,
  page,
  logger,
  clock,
}: LazyDiscoveryOptions): Promise<ClusterDiscovery> {
  const { createClusterDiscovery } = await import('./discovery/cluster-discovery.ts');
  return createClusterDiscovery({
    fleet,
    sharedTokens: clusters.sharedTokens,
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
