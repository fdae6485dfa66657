import { tenantsIn } from '../config/physical-tenants.ts';
import { sameItems } from '../same-items.ts';

export const roles = ['leader', 'follower', 'inactive', 'unknown'] as const;
export type Role = (typeof roles)[number];

export const replicaHealths = ['healthy', 'unhealthy', 'dead', 'unknown'] as const;
export type ReplicaHealth = (typeof replicaHealths)[number];

/** In answers of 8.10 and later only. */
export const replicaStates = ['joining', 'active', 'leaving', 'recovering', 'unknown'] as const;
export type ReplicaState = (typeof replicaStates)[number];

export interface Replica {
  readonly partition: number;
  readonly role: Role;
  readonly health: ReplicaHealth;
  readonly state?: ReplicaState;
}

export interface Broker {
  /** `brokerId` (`0`, `eu-west-1_0`) if the answer has one, else `nodeId`. */
  readonly id: string;
  readonly host: string;
  readonly port: string;
  readonly version: string;
}

/** The replicas of a partition group on one broker. */
export interface GroupBroker {
  /** That of a `Broker` of the topology. */
  readonly id: string;
  /** Sorted by partition. */
  readonly replicas: readonly Replica[];
}

/** Partitions with ids of their own: those of a physical tenant, or all that an answer without tenants tells of. */
export interface PartitionGroup {
  /** The id of the physical tenant; absent if the answer does not tell of tenants. */
  readonly tenant?: string;
  readonly partitionsCount?: number;
  readonly replicationFactor?: number;
  readonly lastCompletedChangeId?: number;
  /** Sorted by id. */
  readonly brokers: readonly GroupBroker[];
}

/**
 * Sorts by broker id: `2` before `10`, `eu-west-1_2` before `eu-west-1_10`. Computes a key per id once: comparing
 * 10,000 long ids with a collator would block the event loop for seconds.
 */
export function sortedById<T>(items: readonly T[], idOf: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, id: idOf(item), key: sortKey(idOf(item)) }))
    .sort((a, b) => compare(a.key, b.key) || compare(a.id, b.id))
    .map(({ item }) => item);
}

/**
 * Replaces each number by its count of digits and its digits without leading zeros: a longer number is a larger one.
 */
function sortKey(id: string): string {
  return id.replace(/0*(\d+)/g, (_, digits: string) => `${String.fromCharCode(digits.length)}${digits}`);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** A valid topology. Fields that the answer leaves out, and sizes below 1, are absent. */
export interface Topology {
  readonly clusterSize?: number;
  readonly gatewayVersion?: string;
  readonly clusterId?: string;
  /** Sorted by id, as the order changes from one answer to the next. */
  readonly brokers: readonly Broker[];
  /**
   * One group without a tenant for an answer of `v1/topology` or `v2/topology`; for one of `cluster/v2/topology`, a
   * group for each physical tenant, sorted by tenant.
   */
  readonly groups: readonly PartitionGroup[];
}

/**
 * Whether the answer is about the physical tenant `default` alone, as gateways since 8.10 answer requests that name no
 * tenant (https://docs.camunda.io). Camunda SaaS has no tenants.
 */
export function tellsOfDefaultAlone({ hostname, pathname }: URL, { groups, gatewayVersion = '' }: Topology): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(gatewayVersion) ?? [];
  const hasTenants = Number(major) > 8 || (Number(major) === 8 && Number(minor) >= 10);
  const namesNoTenant = tenantsIn(pathname).kind === 'default' && groups.every(({ tenant }) => tenant === undefined);
  return hasTenants && namesNoTenant && !hostname.endsWith('.camunda.io');
}

/**
 * Tells whether both list the same replicas in the same brokers, and the same replicas have a state. Compares no
 * values.
 */
export function haveSameReplicas(a: readonly GroupBroker[], b: readonly GroupBroker[]): boolean {
  return sameItems(a, b, (one, other) => one.id === other.id && sameItems(one.replicas, other.replicas, isSameReplica));
}

function isSameReplica(a: Replica, b: Replica): boolean {
  return a.partition === b.partition && (a.state === undefined) === (b.state === undefined);
}
