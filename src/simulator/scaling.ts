import { settleLeader } from './elections.ts';
import { findBroker, type ModelPartition, type Simulation } from './model-state.ts';
import { timing } from './model-timing.ts';

/** Zeebe's `Protocol.MAXIMUM_PARTITIONS`. */
const maxPartitions = 8_192;

interface Sizes {
  readonly brokers: number;
  readonly partitions: number;
}

/** Adds the brokers, partitions and replicas that the sizes need, all replicas active and every partition led. */
export function createMembers(simulation: Simulation, sizes: Sizes): void {
  addMembers(simulation, sizes);
  for (const partition of simulation.state.partitions) {
    for (const replica of partition.replicas) replica.state = 'active';
    settleLeader(simulation, partition);
  }
}

/** Scales as Zeebe does: new replicas join, become active, and then the replaced replicas and brokers leave. */
export function scaleCluster(simulation: Simulation, changed: Partial<Sizes>): void {
  const { state, timeline } = simulation;
  const { brokers = state.brokers.size, partitions = state.partitions.length } = changed;
  const sizes = { brokers, partitions };
  addMembers(simulation, sizes);
  state.lastPlannedChangeId += 1;
  const changeId = state.lastPlannedChangeId;
  timeline.after(timing.replicasJoined, () => {
    if (changeId === state.lastPlannedChangeId) activateReplicas(simulation, sizes, changeId);
  });
  timeline.after(timing.replicasLeft, () => {
    if (changeId === state.lastPlannedChangeId) removeReplaced(simulation, sizes);
  });
}

/** Throws a RangeError for sizes that Zeebe would refuse. Every replica that is added is still joining. */
function addMembers(simulation: Simulation, sizes: Sizes): void {
  const { state, replicationFactor } = simulation;
  if (sizes.brokers < replicationFactor) {
    throw new RangeError(`${sizes.brokers} brokers cannot hold ${replicationFactor} replicas of a partition.`);
  }
  const minPartitions = Math.max(1, state.partitions.length);
  if (sizes.partitions < minPartitions || sizes.partitions > maxPartitions) {
    throw new RangeError(`partitions must be ${minPartitions} to ${maxPartitions}; it is ${sizes.partitions}.`);
  }
  for (let id = 0; id < sizes.brokers; id++) if (!state.brokers.has(id)) addBroker(simulation, id);
  for (let id = state.partitions.length + 1; id <= sizes.partitions; id++) {
    state.partitions.push({ id, replicas: [], leader: undefined, electing: false });
  }
  state.clusterSize = state.brokers.size;
  for (const partition of state.partitions) addReplicas(simulation, partition, sizes);
}

function addBroker({ state }: Simulation, id: number): void {
  state.brokers.set(id, { id, phase: 'up', version: state.gatewayVersion, listed: true, crashes: 0, starts: 0 });
}

function addReplicas(simulation: Simulation, partition: ModelPartition, sizes: Sizes): void {
  for (const broker of brokersOf(simulation, partition, sizes)) {
    const present = partition.replicas.find((replica) => replica.broker === broker);
    const up = findBroker(simulation.state, broker).phase === 'up';
    if (present?.state === 'leaving') present.state = 'joining';
    if (!present) partition.replicas.push({ broker, alive: up, listed: up, health: 'healthy', state: 'joining' });
  }
}

function activateReplicas(simulation: Simulation, sizes: Sizes, changeId: number): void {
  const { state } = simulation;
  for (const partition of state.partitions) {
    const brokers = brokersOf(simulation, partition, sizes);
    for (const replica of partition.replicas) {
      replica.state = brokers.includes(replica.broker) ? 'active' : 'leaving';
    }
    settleLeader(simulation, partition);
  }
  state.lastCompletedChangeId = changeId;
}

function removeReplaced(simulation: Simulation, sizes: Sizes): void {
  const { state } = simulation;
  for (const partition of state.partitions) {
    partition.replicas = partition.replicas.filter((replica) => replica.state !== 'leaving');
    settleLeader(simulation, partition);
  }
  for (const id of state.brokers.keys()) if (id >= sizes.brokers) state.brokers.delete(id);
  state.clusterSize = state.brokers.size;
}

/** Distributes round robin, as Zeebe does: the replicas of partition p are on the brokers p−1, p, p+1 … */
function brokersOf({ replicationFactor }: Simulation, { id }: ModelPartition, sizes: Sizes): readonly number[] {
  return Array.from({ length: replicationFactor }, (_, i) => (id - 1 + i) % sizes.brokers);
}
