import { settleLeader } from './elections.ts';
import {
  defaultTenant,
  findBroker,
  findTenant,
  type ModelPartition,
  type ModelTenant,
  type Simulation,
} from './model-state.ts';
import { timing } from './model-timing.ts';
import { randomFrom } from './random.ts';
import type { TenantSizes } from './simulated-events.ts';

/** Zeebe's `Protocol.MAXIMUM_PARTITIONS`. */
const maxPartitions = 8_192;

interface Scaling {
  readonly brokers?: number | undefined;
  readonly partitions?: number | undefined;
  /** The physical tenant whose partitions are scaled. */
  readonly tenant?: string | undefined;
}

export function addBrokers(simulation: Simulation, brokers: number): void {
  const { state } = simulation;
  for (let id = 0; id < brokers; id++) {
    if (state.brokers.has(id)) continue;
    state.brokers.set(id, { id, phase: 'up', version: state.gatewayVersion, listed: true, crashes: 0, starts: 0 });
  }
  state.clusterSize = state.brokers.size;
  simulation.plannedBrokers = brokers;
}

/**
 * Returns the function that starts a physical tenant: its replicas are active and every partition has a leader. Throws
 * a RangeError for an id or sizes that Zeebe would refuse.
 */
export function prepareTenant(simulation: Simulation, id: string, sizes: TenantSizes): () => void {
  const { state, seed } = simulation;
  const { partitions, replicationFactor } = sizes;
  if (!/^[a-z0-9]{1,64}$/.test(id)) {
    throw new RangeError(`The id of a physical tenant must have 1 to 64 characters of a-z and 0-9; it is ${id}.`);
  }
  if (state.tenants.has(id)) throw new RangeError(`There is a physical tenant ${id} already.`);
  if (replicationFactor < 1) throw new RangeError(`replicationFactor must be 1 or more; it is ${replicationFactor}.`);
  const random = randomFrom(seed, 'elections', ...(id === defaultTenant ? [] : [id]));
  const changeIds = { lastPlannedChangeId: 0, lastCompletedChangeId: -1 };
  const tenant = { id, replicationFactor, partitions: [], random, recovering: false, ...changeIds };
  requireSizes(tenant, simulation.plannedBrokers, partitions);
  return () => {
    state.tenants.set(id, tenant);
    addPartitions(simulation, tenant, simulation.plannedBrokers, partitions);
    activateReplicas(simulation, tenant, simulation.plannedBrokers);
  };
}

/** Scales as Zeebe does: new replicas join, become active, and then the replaced replicas and brokers leave. */
export function scaleCluster(simulation: Simulation, scaling: Scaling): void {
  const { state, timeline } = simulation;
  const { brokers = state.brokers.size, partitions } = scaling;
  const tenants = [...state.tenants.values()];
  const scaled = findTenant(state.tenants, scaling.tenant);
  const partitionsOf = (tenant: ModelTenant) => (tenant === scaled && partitions) || tenant.partitions.length;
  for (const tenant of tenants) requireSizes(tenant, brokers, partitionsOf(tenant));
  addBrokers(simulation, brokers);
  for (const tenant of tenants) {
    addPartitions(simulation, tenant, brokers, partitionsOf(tenant));
    if (tenant === scaled || scaling.brokers !== undefined) tenant.lastPlannedChangeId += 1;
  }
  simulation.plannedChanges += 1;
  const change = simulation.plannedChanges;
  timeline.after(timing.replicasJoined, () => {
    if (change !== simulation.plannedChanges) return;
    for (const tenant of state.tenants.values()) {
      activateReplicas(simulation, tenant, brokers);
      completeChange(tenant);
    }
  });
  timeline.after(timing.replicasLeft, () => {
    if (change === simulation.plannedChanges) removeReplaced(simulation, brokers);
  });
}

/** Puts a physical tenant into recovery mode, in which its partitions are inactive, or ends that mode. */
export function setRecovering(simulation: Simulation, tenant: ModelTenant, recovering: boolean): void {
  if (tenant.recovering === recovering) return;
  tenant.recovering = recovering;
  tenant.lastPlannedChangeId += 1;
  completeChange(tenant);
  for (const partition of tenant.partitions) {
    partition.leader = undefined;
    settleLeader(simulation, partition);
  }
}

function completeChange(tenant: ModelTenant): void {
  if (tenant.lastPlannedChangeId > 0) tenant.lastCompletedChangeId = tenant.lastPlannedChangeId;
}

/** Throws a RangeError for sizes that Zeebe would refuse. */
function requireSizes(tenant: ModelTenant, brokers: number, partitions: number): void {
  if (brokers < tenant.replicationFactor) {
    throw new RangeError(`${brokers} brokers cannot hold ${tenant.replicationFactor} replicas of a partition.`);
  }
  const minPartitions = Math.max(1, tenant.partitions.length);
  if (partitions < minPartitions || partitions > maxPartitions) {
    throw new RangeError(`partitions must be ${minPartitions} to ${maxPartitions}; it is ${partitions}.`);
  }
}

/** Adds partitions up to that number, and the replicas that belong on the brokers. These are still joining. */
function addPartitions(simulation: Simulation, tenant: ModelTenant, brokers: number, partitions: number): void {
  for (let id = tenant.partitions.length + 1; id <= partitions; id++) {
    tenant.partitions.push({ tenant, id, replicas: [], leader: undefined, electing: false });
  }
  for (const partition of tenant.partitions) addReplicas(simulation, partition, brokers);
}

function addReplicas({ state }: Simulation, partition: ModelPartition, brokers: number): void {
  for (const broker of brokersOf(partition, brokers)) {
    const present = partition.replicas.find((replica) => replica.broker === broker);
    const up = findBroker(state, broker).phase === 'up';
    if (present?.state === 'leaving') present.state = 'joining';
    if (!present) partition.replicas.push({ broker, alive: up, listed: up, health: 'healthy', state: 'joining' });
  }
}

function activateReplicas(simulation: Simulation, tenant: ModelTenant, brokers: number): void {
  for (const partition of tenant.partitions) {
    const own = brokersOf(partition, brokers);
    for (const replica of partition.replicas) replica.state = own.includes(replica.broker) ? 'active' : 'leaving';
    settleLeader(simulation, partition);
  }
}

function removeReplaced(simulation: Simulation, brokers: number): void {
  const { state } = simulation;
  for (const { partitions } of state.tenants.values()) {
    for (const partition of partitions) {
      partition.replicas = partition.replicas.filter((replica) => replica.state !== 'leaving');
      settleLeader(simulation, partition);
    }
  }
  for (const id of state.brokers.keys()) if (id >= brokers) state.brokers.delete(id);
  state.clusterSize = state.brokers.size;
}

/** Distributes round robin, as Zeebe does: the replicas of partition p are on the brokers p−1, p, p+1 … */
function brokersOf({ id, tenant }: ModelPartition, brokers: number): readonly number[] {
  return Array.from({ length: tenant.replicationFactor }, (_, i) => (id - 1 + i) % brokers);
}
