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
  /** Sorted by partition. */
  readonly replicas: readonly Replica[];
}

/**
 * Sorts by broker id: `2` before `10`, `eu-west-1_2` before `eu-west-1_10`. Computes a key per id once: comparing 10,000
 * long ids with a collator would block the event loop for seconds.
 */
export function sortedById<T>(items: readonly T[], idOf: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, id: idOf(item), key: sortKey(idOf(item)) }))
    .sort((a, b) => compare(a.key, b.key) || compare(a.id, b.id))
    .map(({ item }) => item);
}

/** Replaces each number by its count of digits and its digits without leading zeros: a longer number is a larger one. */
function sortKey(id: string): string {
  return id.replace(/0*(\d+)/g, (_, digits: string) => `${String.fromCharCode(digits.length)}${digits}`);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** A valid answer of `GET /v1/topology`. Fields that it leaves out, and sizes below 1, are absent. */
export interface Topology {
  readonly clusterSize?: number;
  readonly partitionsCount?: number;
  readonly replicationFactor?: number;
  readonly gatewayVersion?: string;
  readonly clusterId?: string;
  readonly lastCompletedChangeId?: number;
  /** Sorted by id, as the order changes from one answer to the next. */
  readonly brokers: readonly Broker[];
}

/** Tells whether both list the same replicas in the same brokers, and the same replicas have a state. Compares no values. */
export function haveSameReplicas(a: readonly Broker[], b: readonly Broker[]): boolean {
  return sameItems(a, b, (one, other) => one.id === other.id && sameItems(one.replicas, other.replicas, isSameReplica));
}

function isSameReplica(a: Replica, b: Replica): boolean {
  return a.partition === b.partition && (a.state === undefined) === (b.state === undefined);
}

function sameItems<T>(a: readonly T[], b: readonly T[], isSame: (one: T, other: T) => boolean): boolean {
  return a.length === b.length && a.every((one, index) => isSame(one, b[index] as T));
}
