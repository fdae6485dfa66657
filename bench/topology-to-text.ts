import { Gauge, Registry } from 'prom-client';
import type { ClusterConfig } from '../src/config/config.ts';
import { createClusterRenderer } from '../src/metrics/cluster-renderer.ts';
import { clusterLabel } from '../src/metrics/family.ts';
import { initialState, nextState } from '../src/poll/state.ts';
import { parseTopology, parseWholeTopology } from '../src/zeebe/parse.ts';
import { replicaHealths, roles, type Topology } from '../src/zeebe/topology.ts';
import { atOnce } from '../test/at-once.ts';
import { type Size, type TenantSize, tenantSizes, tenantsDocument, topologyDocument } from './sizes.ts';
import { spread } from './statistics.ts';

// `node bench/topology-to-text.ts WHAT SIZE` prints the median duration of one run in milliseconds.
const [what, size = ''] = process.argv.slice(2);
const hasTenants = size in tenantSizes;
const documents = [0, 1, 2, 3].map((variant) =>
  hasTenants ? tenantsDocument(size as TenantSize, variant) : topologyDocument(size as Size, variant),
);
const cluster = { name: 'a', authentication: { method: 'none' }, pollInterval: 15_000, labels: {} } as ClusterConfig;
const iterations = size === 'L' ? 20 : 200;

let state = initialState(cluster);
const learn = (document: string): Topology => {
  const parsed = hasTenants ? atOnce(parseWholeTopology(document)) : atOnce(parseTopology(document));
  if (!parsed.ok) throw new Error(parsed.problem);
  state = nextState(state, { outcome: parsed, authentication: { tokenRequests: [] }, certificates: {}, endedAt: 0 });
  return parsed.topology;
};
const renderCluster = createClusterRenderer(clusterLabel('a'));
const render = () => renderCluster(state, new Map());

/** Sets gauges as most exporters do: resets all gauges of a registry and sets them again. */
function setGauges(topology: Topology, gauges: ReturnType<typeof createGauges>): void {
  for (const gauge of Object.values(gauges)) gauge.reset();
  for (const { id } of topology.brokers) gauges.brokerUp.set({ zeebe_cluster: 'a', broker: id }, 1);
  for (const { id, replicas } of topology.groups[0]?.brokers ?? []) {
    for (const { partition, role, health } of replicas) {
      for (const each of roles) {
        gauges.role.set({ zeebe_cluster: 'a', broker: id, partition, role: each }, Number(each === role));
      }
      for (const each of replicaHealths) {
        gauges.health.set({ zeebe_cluster: 'a', broker: id, partition, health: each }, Number(each === health));
      }
    }
  }
  for (const { id, leaders, replicas, healthyReplicas } of state.view?.groups[0]?.partitions ?? []) {
    gauges.hasLeader.set({ zeebe_cluster: 'a', partition: id }, Number(leaders.length > 0));
    gauges.replicas.set({ zeebe_cluster: 'a', partition: id }, replicas);
    gauges.healthyReplicas.set({ zeebe_cluster: 'a', partition: id }, healthyReplicas);
  }
  for (const { partition, changes } of state.leaders.partitions.values()) {
    gauges.leaderChanges.set({ zeebe_cluster: 'a', partition }, changes);
  }
}

function createGauges(registry: Registry) {
  const gauge = (name: string, ...labels: string[]) =>
    new Gauge({
      name: `zeebe_topology_${name}`,
      help: name,
      labelNames: ['zeebe_cluster', ...labels],
      registers: [registry],
    });
  return {
    brokerUp: gauge('broker_up', 'broker'),
    role: gauge('partition_role', 'broker', 'partition', 'role'),
    health: gauge('partition_health', 'broker', 'partition', 'health'),
    hasLeader: gauge('partition_has_leader', 'partition'),
    replicas: gauge('partition_replicas', 'partition'),
    healthyReplicas: gauge('partition_healthy_replicas', 'partition'),
    leaderChanges: gauge('partition_leader_changes', 'partition'),
  };
}

async function once(document: string): Promise<number> {
  if (what === 'parse-and-render') {
    const startedAt = performance.now();
    learn(document);
    await render();
    return performance.now() - startedAt;
  }
  const topology = learn(document);
  const startedAt = performance.now();
  if (what === 'render') {
    await render();
  } else {
    setGauges(topology, gauges);
    Buffer.from(await registry.metrics());
  }
  return performance.now() - startedAt;
}

const registry = new Registry();
const gauges = createGauges(registry);
const times: number[] = [];
for (let run = 0; run < (what === 'prom-client' ? 4 : iterations); run++) {
  times.push(await once(documents[run % documents.length] ?? ''));
}
// Excludes the first half, which runs before the code is compiled.
process.stdout.write(String(spread(times.slice(times.length >> 1)).median));
