import type { Broker, ReplicaHealth, Role, Topology } from '../../../src/zeebe/topology.ts';

export interface Size {
  readonly brokers: number;
  readonly partitions: number;
  readonly replicationFactor?: number;
}

export interface Trouble {
  /** Brokers that are gone. Other brokers lead their partitions. */
  readonly gone?: readonly number[];
  /** Partitions without a leader. */
  readonly leaderless?: readonly number[];
  readonly health?: readonly { readonly partition: number; readonly broker: number; readonly health: ReplicaHealth }[];
  readonly versions?: Readonly<Record<number, string>>;
}

/**
 * Returns a topology of any size. Partition p has replicas on the brokers p − 1, p, … modulo their number, and the
 * first one leads.
 */
export function sized({ brokers, partitions, replicationFactor = 3 }: Size, trouble: Trouble = {}): Topology {
  const { gone = [], leaderless = [], health = [], versions = {} } = trouble;
  const replicasOf = (partition: number) =>
    Array.from({ length: replicationFactor }, (_, index) => (partition - 1 + index) % brokers).filter(
      (broker) => !gone.includes(broker),
    );
  const roleOf = (partition: number, broker: number): Role =>
    !leaderless.includes(partition) && replicasOf(partition)[0] === broker ? 'leader' : 'follower';
  const healthOf = (partition: number, broker: number): ReplicaHealth =>
    health.find((one) => one.partition === partition && one.broker === broker)?.health ?? 'healthy';

  const listed = Array.from({ length: brokers }, (_, id) => id).filter((id) => !gone.includes(id));
  const all = Array.from({ length: partitions }, (_, index) => index + 1);
  const members = listed.map((id) => ({
    id: `${id}`,
    replicas: all
      .filter((partition) => replicasOf(partition).includes(id))
      .map((partition) => ({ partition, role: roleOf(partition, id), health: healthOf(partition, id) })),
  }));
  return {
    clusterSize: brokers,
    gatewayVersion: '8.6.0',
    brokers: listed.map(
      (id): Broker => ({
        id: `${id}`,
        host: `camunda-zeebe-${id}.camunda-zeebe.camunda.svc`,
        port: '26501',
        version: versions[id] ?? '8.6.0',
      }),
    ),
    groups: [{ partitionsCount: partitions, replicationFactor, brokers: members }],
  };
}

/** Returns a topology of physical tenants of the same size, each with its own trouble. Brokers are gone in all of them. */
export function sizedTenants(size: Size, troubles: Readonly<Record<string, Trouble>>): Topology {
  const tenants = Object.entries(troubles).map(([tenant, trouble]) => ({ tenant, ...sized(size, trouble) }));
  const [first] = tenants;
  if (first === undefined) throw new Error('expected at least one tenant');
  const { tenant: _, groups: __, ...cluster } = first;
  return { ...cluster, groups: tenants.flatMap(({ tenant, groups }) => groups.map((group) => ({ ...group, tenant }))) };
}
