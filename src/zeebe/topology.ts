export const roles = ['leader', 'follower', 'inactive', 'unknown'] as const;
export type Role = (typeof roles)[number];

export const replicaHealths = ['healthy', 'unhealthy', 'dead', 'unknown'] as const;
export type ReplicaHealth = (typeof replicaHealths)[number];

/** Told by 8.10 and later only. */
export const replicaStates = ['joining', 'active', 'leaving', 'recovering', 'unknown'] as const;
export type ReplicaState = (typeof replicaStates)[number];

export interface Replica {
  readonly partition: number;
  readonly role: Role;
  readonly health: ReplicaHealth;
  readonly state?: ReplicaState;
}

export interface Broker {
  /** `brokerId` (`0`, `eu-west-1_0`) where the answer has one, else `nodeId`. */
  readonly id: string;
  readonly host: string;
  readonly port: string;
  readonly version: string;
  readonly replicas: readonly Replica[];
}

/** An answer of `GET /v1/topology`, checked. What the answer leaves out, and sizes below 1, are absent. */
export interface Topology {
  readonly clusterSize?: number;
  readonly partitionsCount?: number;
  readonly replicationFactor?: number;
  readonly gatewayVersion?: string;
  readonly clusterId?: string;
  readonly lastCompletedChangeId?: number;
  readonly brokers: readonly Broker[];
}
