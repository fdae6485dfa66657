import type { HttpFault } from './http-fault.ts';

export type Health = 'healthy' | 'unhealthy' | 'dead';

/** Brokers are named by their number, 0 to size − 1, in zoned clusters too; partitions by their id, from 1. */
export type SimulatedEvent =
  /** The process dies: `kill -9`. */
  | { readonly type: 'broker-crashes'; readonly broker: number }
  /** The process ends in good order: it says goodbye and hands its partitions over. */
  | { readonly type: 'broker-stops'; readonly broker: number }
  /** The process is started; one that still runs crashes first. */
  | { readonly type: 'broker-restarts'; readonly broker: number; readonly version?: string }
  /** Another replica becomes leader: `to`, or one chosen by the seed. */
  | { readonly type: 'leader-moves'; readonly partition: number; readonly to?: number }
  | {
      readonly type: 'replica-health';
      readonly partition: number;
      readonly broker: number;
      readonly health: Health;
    }
  /** Partitions are spread anew over `brokers`; `partitions` may only grow, as in Zeebe. */
  | { readonly type: 'scale'; readonly brokers?: number; readonly partitions?: number }
  /** A rolling upgrade: the brokers one by one, the last first, then the gateway. */
  | { readonly type: 'upgrade'; readonly version: string }
  /** The gateway knows no topology, as it does right after its start. */
  | { readonly type: 'gateway-forgets' }
  | { readonly type: 'gateway-recovers' }
  | { readonly type: 'http-fault'; readonly fault: HttpFault }
  | { readonly type: 'http-recovers' };
