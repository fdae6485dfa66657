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

export interface ModelPartition {
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
  readonly partitions: readonly Readonly<ModelPartition>[];
  readonly clusterSize: number;
  readonly gatewayVersion: string;
  readonly zones: readonly string[];
  readonly addressOf: (broker: number) => BrokerAddress;
  /** −1 before the first change. */
  readonly lastCompletedChangeId: number;
  readonly gatewayKnowsTopology: boolean;
  readonly httpFault: HttpFault | undefined;
}

/** The same state, for the functions that change it. */
export interface MutableModelState extends ModelState {
  readonly brokers: Map<number, ModelBroker>;
  readonly partitions: ModelPartition[];
  clusterSize: number;
  gatewayVersion: string;
  lastPlannedChangeId: number;
  lastCompletedChangeId: number;
  gatewayKnowsTopology: boolean;
  httpFault: HttpFault | undefined;
}

/** The state of a simulated cluster and what the functions that change it need. */
export interface Simulation {
  readonly state: MutableModelState;
  /** Plans what follows later from an event. */
  readonly timeline: Timeline;
  readonly random: Random;
  readonly replicationFactor: number;
}

/** Throws a RangeError if there is no such broker. */
export function findBroker({ brokers }: MutableModelState, id: number): ModelBroker {
  const broker = brokers.get(id);
  if (broker === undefined) {
    throw new RangeError(`There is no broker ${id}: the cluster has brokers 0 to ${brokers.size - 1}.`);
  }
  return broker;
}

/** Throws a RangeError if there is no such partition. */
export function findPartition({ partitions }: MutableModelState, id: number): ModelPartition {
  const partition = partitions[id - 1];
  if (partition === undefined) {
    throw new RangeError(`There is no partition ${id}: the cluster has partitions 1 to ${partitions.length}.`);
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

export function forEachReplicaOn(
  { partitions }: MutableModelState,
  broker: ModelBroker,
  action: (replica: ModelReplica, partition: ModelPartition) => void,
): void {
  for (const partition of partitions) {
    for (const replica of partition.replicas) if (replica.broker === broker.id) action(replica, partition);
  }
}

export function isRunning({ phase }: ModelBroker): boolean {
  return phase === 'up' || phase === 'rejoining';
}
