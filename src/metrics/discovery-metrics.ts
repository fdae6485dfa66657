import { Gauge, type Registry } from 'prom-client';
import type { DiscoveryProvider } from '../config/config.ts';
import type { DiscoveryReport } from '../discovery/cluster-discovery.ts';
import { saasStatuses } from '../discovery/component-status.ts';

/** The metrics of the discovery of clusters. Without discovery they are absent. */
export interface DiscoveryMetrics {
  /** Called after each refresh of a provider, and when something else has changed its state. */
  readonly discovered: (report: DiscoveryReport) => void;
  /** Called when a provider is not configured, or no longer. */
  readonly notDiscovered: (provider: DiscoveryProvider) => void;
}

/** Adds the metrics to the registry when they first have a value. */
export function createDiscoveryMetrics(registry: Registry): DiscoveryMetrics {
  const ofProvider = (name: string, help: string) => new Gauge({ name, help, labelNames: ['provider'], registers: [] });
  const up = ofProvider(
    'zeebe_topology_discovery_up',
    'Whether the last refresh of discovery succeeded (1), or failed in whole or in part and previous clusters stay in use (0).',
  );
  const succeededAt = ofProvider(
    'zeebe_topology_discovery_last_success_timestamp_seconds',
    'When discovery was last refreshed successfully, in Unix time.',
  );
  const clusters = ofProvider('zeebe_topology_discovery_clusters', 'Clusters of this provider that are polled.');
  const status = new Gauge({
    name: 'zeebe_topology_saas_cluster_status',
    help: 'Status of a component of a cluster in the last response of the Administration API of Camunda SaaS, 1 for the present one.',
    labelNames: ['zeebe_cluster', 'component', 'status'],
    registers: [],
  });
  return {
    discovered: ({ provider, isUp, at, clusterCount, statuses = [] }) => {
      for (const gauge of [up, clusters]) registry.registerMetric(gauge);
      up.set({ provider }, Number(isUp));
      if (clusterCount !== undefined) clusters.set({ provider }, clusterCount);
      if (isUp) {
        registry.registerMetric(succeededAt);
        succeededAt.set({ provider }, at / 1000);
      }
      if (provider === 'saas') status.reset();
      for (const { cluster, component, status: present } of statuses) {
        registry.registerMetric(status);
        for (const each of saasStatuses) {
          status.set({ zeebe_cluster: cluster, component, status: each }, Number(each === present));
        }
      }
    },
    notDiscovered: (provider) => {
      for (const gauge of [up, succeededAt, clusters]) gauge.remove({ provider });
      if (provider === 'saas') status.reset();
    },
  };
}
