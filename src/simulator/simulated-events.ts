import type { HttpFault } from './http-fault.ts';

export type Health = 'healthy' | 'unhealthy' | 'dead';

/** Brokers are numbered from 0 to size − 1, in clusters with zones too. Partition ids begin at 1. */
export type SimulatedEvent =
  /** The process is killed (`kill -9`). */
  | { readonly type: 'broker-crashes'; readonly broker: number }
  /** The process stops gracefully: it leaves the cluster and hands its partitions over. */
  | { readonly type: 'broker-stops'; readonly broker: number }
  /** The process is started. If it still runs, it crashes first. */
  | { readonly type: 'broker-restarts'; readonly broker: number; readonly version?: string }
  /** Another replica becomes the leader: `to`, or a random one. */
  | { readonly type: 'leader-moves'; readonly partition: number; readonly to?: number }
  | {
      readonly type: 'replica-health';
      readonly partition: number;
      readonly broker: number;
      readonly health: Health;
    }
  /** The partitions are redistributed over `brokers`. Their number may only grow, as in Zeebe. */
  | { readonly type: 'scale'; readonly brokers?: number; readonly partitions?: number }
  /** A rolling upgrade: the brokers one by one, beginning with the last, and then the gateway. */
  | { readonly type: 'upgrade'; readonly version: string }
  /** The gateway knows no topology, as right after its start. */
  | { readonly type: 'gateway-forgets' }
  | { readonly type: 'gateway-recovers' }
  | { readonly type: 'http-fault'; readonly fault: HttpFault }
  | { readonly type: 'http-recovers' };
