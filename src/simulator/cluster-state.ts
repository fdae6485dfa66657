import type { Health, HttpFault } from './events.ts';

export interface Broker {
  readonly id: number;
  /** Of the process. */
  phase: 'up' | 'down' | 'starting' | 'rejoining';
  version: string;
  /** Whether the gateway lists it. */
  listed: boolean;
  /** The last crash and the last start; what was planned for an earlier one no longer happens. */
  crash: number;
  start: number;
}

export interface Replica {
  readonly broker: number;
  /** As the other replicas see it: a crash is noticed late. */
  alive: boolean;
  /** Whether the gateway lists it under its broker. */
  listed: boolean;
  health: Health;
  state: 'joining' | 'active' | 'leaving';
}

export interface Partition {
  readonly id: number;
  replicas: Replica[];
  leader: number | undefined;
  /** The leader stepped down and the election has not ended. */
  electing: boolean;
}

/** Where a broker says that other members and clients find it. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/** What the gateway sees at one moment. */
export interface ClusterState {
  readonly brokers: ReadonlyMap<number, Readonly<Broker>>;
  readonly partitions: readonly Readonly<Partition>[];
  readonly clusterSize: number;
  readonly gatewayVersion: string;
  readonly zones: readonly string[];
  readonly addressOf: (broker: number) => BrokerAddress;
  /** −1 before the first change. */
  readonly lastCompletedChangeId: number;
  readonly gatewayKnowsTopology: boolean;
  readonly httpFault: HttpFault | undefined;
}
