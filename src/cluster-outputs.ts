import type { ClustersOptions } from './cluster/clusters.ts';
import type { Budgets } from './metrics/cluster-admission.ts';
import { createClusterMetrics } from './metrics/cluster-metrics.ts';
import type { Page } from './metrics/page.ts';
import type { StatusFeed } from './status/status-feed.ts';

interface Outputs {
  readonly page: Page;
  readonly status: StatusFeed;
  readonly budgets: Budgets;
}

/** Leads what is known of each cluster to the metrics and to the status page. */
export function createOutputs({ page, status, budgets }: Outputs): Pick<ClustersOptions, 'createOutput' | 'arrange'> {
  return {
    createOutput: (cluster) => {
      const metrics = createClusterMetrics(cluster, page, budgets);
      return {
        admit: metrics.admit,
        publish: async (state, history, result) => {
          await metrics.publish(state, result);
          status.update(state, history);
        },
        close: metrics.close,
      };
    },
    arrange: (names) => {
      page.arrange(names);
      status.arrange(names);
    },
  };
}
