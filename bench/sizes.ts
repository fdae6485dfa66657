export const sizes = {
  S: { brokers: 3, partitions: 3, replication: 3 },
  M: { brokers: 100, partitions: 300, replication: 3 },
  L: { brokers: 1_000, partitions: 8_000, replication: 3 },
} as const;
export type Size = keyof typeof sizes;
export const sizeNames: readonly Size[] = ['S', 'M', 'L'];

/**
 * Returns a response body of `GET /v1/topology`. From one variant to the next, every twentieth leader changes and one
 * leader is unhealthy.
 */
export function topologyDocument(size: Size, variant = 0): string {
  const { brokers, partitions, replication } = sizes[size];
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
  return JSON.stringify({
    brokers: replicas.map((listed, nodeId) => ({
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
