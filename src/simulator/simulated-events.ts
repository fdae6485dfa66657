import type { HttpFault } from './http-fault.ts';

export type Health = 'healthy' | 'unhealthy' | 'dead';

/** The sizes of a physical tenant. */
export interface TenantSizes {
  readonly partitions: number;
  readonly replicationFactor: number;
}

/**
 * Brokers are numbered from 0 to size − 1, in clusters with zones too. Partition ids begin at 1 in each physical
 * tenant. `tenant` is the id of the physical tenant concerned. Default `default`.
 */
export type SimulatedEvent =
  /** The process is killed (`kill -9`). */
  | { readonly type: 'broker-crashes'; readonly broker: number }
  /** The process stops gracefully: it leaves the cluster and hands its partitions over. */
  | { readonly type: 'broker-stops'; readonly broker: number }
  /** The process is started. If it still runs, it crashes first. */
  | { readonly type: 'broker-restarts'; readonly broker: number; readonly version?: string }
  /** Another replica becomes the leader: `to`, or a random one. */
  | { readonly type: 'leader-moves'; readonly partition: number; readonly to?: number; readonly tenant?: string }
  | {
      readonly type: 'replica-health';
      readonly partition: number;
      readonly broker: number;
      readonly health: Health;
      readonly tenant?: string;
    }
  /**
   * All partitions are redistributed over `brokers`. The number of a tenant's partitions may only grow, as in Zeebe.
   */
  | { readonly type: 'scale'; readonly brokers?: number; readonly partitions?: number; readonly tenant?: string }
  /** In recovery mode all partitions of the tenant are inactive, on purpose. */
  | { readonly type: 'mode-changes'; readonly mode: 'processing' | 'recovering'; readonly tenant?: string }
  /** A rolling restart of the brokers, after which there is one more tenant, by default of the size of `default`. */
  | ({ readonly type: 'tenant-added'; readonly tenant: string } & Partial<TenantSizes>)
  /** A rolling upgrade: the brokers one by one, beginning with the last, and then the gateway. */
  | { readonly type: 'upgrade'; readonly version: string }
  /** The gateway knows no topology, as right after its start. */
  | { readonly type: 'gateway-forgets' }
  | { readonly type: 'gateway-recovers' }
  | { readonly type: 'http-fault'; readonly fault: HttpFault }
  | { readonly type: 'http-recovers' };
