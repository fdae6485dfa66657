export const sizes = {
  S: { brokers: 3, partitions: 3, replication: 3 },
  M: { brokers: 100, partitions: 300, replication: 3 },
  L: { brokers: 1_000, partitions: 8_000, replication: 3 },
} as const;
export type Size = keyof typeof sizes;
export const sizeNames: readonly Size[] = ['S', 'M', 'L'];

/** The same replicas in one partition group, and in 20 physical tenants. */
export const tenantSizes = {
  '1x1000': { tenants: 1, brokers: 10, partitions: 1_000, replication: 3 },
  '20x50': { tenants: 20, brokers: 10, partitions: 50, replication: 3 },
} as const;
export type TenantSize = keyof typeof tenantSizes;

interface Replicas {
  readonly brokers: number;
  readonly partitions: number;
  readonly replication: number;
}

/** From one variant to the next, every twentieth leader changes and one leader is unhealthy. */
function replicasByBroker({ brokers, partitions, replication }: Replicas, variant: number): object[][] {
  const replicas: object[][] = Array.from({ length: brokers }, () => []);
  for (let partition = 1; partition <= partitions; partition++) {
    const leader = partition % 20 === variant % 20 ? 1 : 0;
    for (let replica = 0; replica < replication; replica++) {
      replicas[(partition + replica) % brokers]?.push({
        partitionId: partition,
        role: replica === leader ? 'leader' : 'follower',
        health: partition === variant && replica === leader ? 'unhealthy' : 'healthy',
      });
    }
  }
  return replicas;
}

/** Returns a response body of `GET /v1/topology`. */
export function topologyDocument(size: Size, variant = 0): string {
  const { brokers, partitions, replication } = sizes[size];
  return JSON.stringify({
    brokers: replicasByBroker(sizes[size], variant).map((listed, nodeId) => ({
      nodeId,
      host: `zeebe-${nodeId}.zeebe.camunda.svc.cluster.local`,
      port: 26_501,
      partitions: listed,
      version: '8.6.0',
    })),
    clusterSize: brokers,
    partitionsCount: partitions,
    replicationFactor: replication,
    gatewayVersion: '8.6.0',
    lastCompletedChangeId: '1',
  });
}

/** Returns a response body of `GET /cluster/v2/topology`. */
export function tenantsDocument(size: TenantSize, variant: number): string {
  const { tenants, brokers, partitions, replication } = tenantSizes[size];
  return JSON.stringify({
    clusterId: null,
    clusterSize: brokers,
    gatewayVersion: '8.10.0',
    brokers: Array.from({ length: brokers }, (_, id) => ({
      brokerId: `${id}`,
      host: `zeebe-${id}.zeebe.camunda.svc.cluster.local`,
      port: 26_501,
      version: '8.10.0',
    })),
    physicalTenants: Array.from({ length: tenants }, (_, id) => ({
      physicalTenantId: `tenant${id}`,
      partitionsCount: partitions,
      replicationFactor: replication,
      lastCompletedChangeId: '1',
      brokers: replicasByBroker(tenantSizes[size], variant).map((listed, broker) => ({
        brokerId: `${broker}`,
        partitions: listed,
      })),
    })),
  });
}
