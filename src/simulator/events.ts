export type Health = 'healthy' | 'unhealthy' | 'dead';

/** What the gateway's HTTP face does instead of answering. */
export type HttpFault =
  /** An error of the gateway, as problem+json: 503 and 429 are its back pressure. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: number }
  /** A web app's page with status 200: the wrong base path, or a proxy's page. */
  | { readonly kind: 'html' }
  | { readonly kind: 'login-redirect' }
  /** The request is read and never answered. */
  | { readonly kind: 'silence' }
  /** The connection is closed without an answer. */
  | { readonly kind: 'hang-up' };

/** Brokers are named by their number, 0 to size − 1, in zoned clusters too; partitions by their id, from 1. */
export type ClusterEvent =
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

/**
 * Milliseconds after the event that starts them. Those of crash and restart were measured on a real cluster of
 * three 8.6.0 brokers; the others, and when a new gateway knows the topology, are assumptions.
 */
export const timing = {
  /** A crash is noticed: its partitions have new leaders. */
  crashNoticed: 5_700,
  /** A crashed broker leaves the list. */
  crashedBrokerGone: 11_500,
  /** The gateway of a broker that was started answers, at first without a topology: measured were 5 to 9 s. */
  gatewayAnswers: 7_000,
  /** It knows the topology. */
  gatewayKnowsTopology: 9_000,
  /** A restarted broker is listed, without partitions. */
  restartedBrokerListed: 16_000,
  /** A restarted broker has all its partitions. */
  restartedBrokerComplete: 19_000,
  /** An election after a leader stepped down in good order. */
  election: 500,
  /** Scaling: the new replicas have joined. */
  replicasJoined: 10_000,
  /** Scaling: the replaced ones have left. */
  replicasLeft: 12_000,
  /** A rolling upgrade: from one broker to the next. */
  upgradeStep: 30_000,
} as const;
