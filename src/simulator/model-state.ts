import type { HttpFault } from './http-fault.ts';
import type { Random } from './random.ts';
import type { Health } from './simulated-events.ts';
import type { Timeline } from './timeline.ts';

export interface ModelBroker {
  readonly id: number;
  /** The phase of its process. */
  phase: 'up' | 'down' | 'starting' | 'rejoining';
  version: string;
  /** Whether the gateway lists it. */
  listed: boolean;
  /** How often it has crashed. */
  crashes: number;
  /** How often it has been started or ended. */
  starts: number;
}

export interface ModelReplica {
  readonly broker: number;
  /** Whether the other replicas consider it alive. They notice a crash late. */
  alive: boolean;
  /** Whether the gateway lists it under its broker. */
  listed: boolean;
  health: Health;
  state: 'joining' | 'active' | 'leaving';
}

/** A physical tenant: a partition group of its own on the brokers that all tenants share. */
export interface ModelTenant {
  readonly id: string;
  readonly replicationFactor: number;
  readonly partitions: ModelPartition[];
  /** Decides its elections, so that they do not depend on what happens to other tenants. */
  readonly random: Random;
  /** Whether it is in recovery mode: its partitions are inactive. */
  recovering: boolean;
  /** 0 before the first change. */
  lastPlannedChangeId: number;
  /** −1 before the first change. */
  lastCompletedChangeId: number;
}

export interface ModelPartition {
  readonly tenant: ModelTenant;
  /** Unique within the tenant. */
  readonly id: number;
  replicas: ModelReplica[];
  leader: number | undefined;
  /** Whether the leader has stepped down and the election has not ended. */
  electing: boolean;
}

/** The address under which a broker can be reached, as the broker itself reports it. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/** What the gateway knows at one moment. */
export interface ModelState {
  readonly brokers: ReadonlyMap<number, Readonly<ModelBroker>>;
  /** By id. The first is `default`, which is always there. */
  readonly tenants: ReadonlyMap<string, Readonly<ModelTenant>>;
  readonly tenantsConfigured: boolean;
  readonly clusterSize: number;
  readonly gatewayVersion: string;
  readonly zones: readonly string[];
  readonly addressOf: (broker: number) => BrokerAddress;
  readonly gatewayKnowsTopology: boolean;
  readonly httpFault: HttpFault | undefined;
}

/** The same state, for the functions that change it. */
export interface MutableModelState extends ModelState {
  readonly brokers: Map<number, ModelBroker>;
  readonly tenants: Map<string, ModelTenant>;
  tenantsConfigured: boolean;
  clusterSize: number;
  gatewayVersion: string;
  gatewayKnowsTopology: boolean;
  httpFault: HttpFault | undefined;
}

/** The state of a simulated cluster and what the functions that change it need. */
export interface Simulation {
  /** Decides elections. */
  readonly seed: string | number;
  readonly state: MutableModelState;
  /** Plans what follows later from an event. */
  readonly timeline: Timeline;
  /** Changes of the cluster's size or of a tenant's that have been planned. A later one replaces an earlier one. */
  plannedChanges: number;
  /** The number of brokers as of the last change that was planned. Brokers that it removes leave later. */
  plannedBrokers: number;
}

/** The id of the physical tenant that every cluster has. */
export const defaultTenant = 'default';

/** Throws a RangeError if there is no such broker. */
export function findBroker({ brokers }: MutableModelState, id: number): ModelBroker {
  const broker = brokers.get(id);
  if (broker === undefined) {
    throw new RangeError(`There is no broker ${id}: the cluster has brokers 0 to ${brokers.size - 1}.`);
  }
  return broker;
}

/** Throws a RangeError if there is no such physical tenant. */
export function findTenant<Tenant>(tenants: ReadonlyMap<string, Tenant>, id: string = defaultTenant): Tenant {
  const tenant = tenants.get(id);
  if (tenant === undefined) {
    throw new RangeError(`There is no physical tenant ${id}: the cluster has ${[...tenants.keys()].join(', ')}.`);
  }
  return tenant;
}

/** Throws a RangeError if there is no such physical tenant or partition. */
export function findPartition({ tenants }: MutableModelState, id: number, tenantId?: string): ModelPartition {
  const { partitions } = findTenant(tenants, tenantId);
  const partition = partitions[id - 1];
  if (partition === undefined) {
    const owner = tenantId === undefined ? 'the cluster' : `physical tenant ${tenantId}`;
    throw new RangeError(`There is no partition ${id}: ${owner} has partitions 1 to ${partitions.length}.`);
  }
  return partition;
}

/** Throws a RangeError if the partition has no replica on that broker. */
export function findReplica({ id, replicas }: ModelPartition, broker: number): ModelReplica {
  const replica = replicas.find((candidate) => candidate.broker === broker);
  if (replica === undefined) {
    const brokers = replicas.map((candidate) => candidate.broker).join(', ');
    throw new RangeError(`Partition ${id} has no replica on broker ${broker}: it is on brokers ${brokers}.`);
  }
  return replica;
}

/** Returns the partitions of every physical tenant. */
export function allPartitions({ tenants }: MutableModelState): readonly ModelPartition[] {
  return [...tenants.values()].flatMap(({ partitions }) => partitions);
}

export function forEachReplicaOn(
  state: MutableModelState,
  broker: ModelBroker,
  action: (replica: ModelReplica, partition: ModelPartition) => void,
): void {
  for (const partition of allPartitions(state)) {
    for (const replica of partition.replicas) if (replica.broker === broker.id) action(replica, partition);
  }
}

export function isRunning({ phase }: ModelBroker): boolean {
  return phase === 'up' || phase === 'rejoining';
}
