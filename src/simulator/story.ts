import type { ClusterAuthentication } from './cluster-authentication.ts';
import { type IdentityProvider, type IdentityProviderEvent, startIdentityProvider } from './identity-provider.ts';
import { type SimulatedCluster, type SimulatedClusterOptions, startSimulatedCluster } from './simulated-cluster.ts';
import type { SimulatedEvent } from './simulated-events.ts';
import type { Script } from './timeline.ts';
import type { WallClock } from './wall-clock.ts';

/**
 * Three clusters, three ways to authenticate, and four minutes in which most of what goes wrong with Zeebe goes
 * wrong, over and over. Every cluster is whole again at the end.
 */
export const storyPeriod = 240_000;

/** What happens `at` milliseconds into each round, and what to say then. */
type StoryStep = { readonly at: number; readonly sentence: string } & (
  | { readonly actor: 'payments' | 'orders' | 'inventory'; readonly events: readonly SimulatedEvent[] }
  | { readonly actor: 'identity provider'; readonly events: readonly IdentityProviderEvent[] }
);

const client = { clientId: 'exporter', clientSecret: 'exporter-secret', audience: 'orchestration-api' } as const;
const user = { username: 'demo', password: 'demo' } as const;

export const storySteps: readonly StoryStep[] = [
  {
    at: 5_000,
    actor: 'payments',
    events: [{ type: 'leader-moves', partition: 1 }],
    sentence: 'Partition 1 of payments gets another leader: watch zeebe_topology_partition_leader_changes_total.',
  },
  {
    at: 12_000,
    actor: 'payments',
    events: [{ type: 'broker-crashes', broker: 1 }],
    sentence: 'Broker 1 of payments crashes: in 6 s others lead, in 12 s zeebe_topology_broker_up is 0 for it.',
  },
  {
    at: 20_000,
    actor: 'orders',
    events: [{ type: 'replica-health', partition: 3, broker: 2, health: 'unhealthy' }],
    sentence: 'Partition 3 of orders is unhealthy on broker 2: watch zeebe_topology_partition_health.',
  },
  {
    at: 30_000,
    actor: 'identity provider',
    events: [{ type: 'http-fault', fault: { kind: 'status', status: 503 } }],
    sentence: 'The identity provider answers 503: the token of inventory still works, but will not be renewed.',
  },
  {
    at: 40_000,
    actor: 'payments',
    events: [{ type: 'broker-restarts', broker: 1 }],
    sentence: 'Broker 1 of payments is started again: listed in 16 s, with all its partitions in 19 s.',
  },
  {
    at: 46_000,
    actor: 'orders',
    events: [{ type: 'replica-health', partition: 3, broker: 2, health: 'healthy' }],
    sentence: 'Partition 3 of orders is healthy again on broker 2.',
  },
  {
    at: 55_000,
    actor: 'orders',
    events: [
      { type: 'broker-crashes', broker: 0 },
      { type: 'broker-crashes', broker: 1 },
    ],
    sentence:
      'Brokers 0 and 1 of orders crash: partitions 1, 5, 6 and 10 lose their quorum, and have no leader in 12 s.',
  },
  {
    at: 60_000,
    actor: 'identity provider',
    events: [{ type: 'http-recovers' }],
    sentence: 'The identity provider answers again.',
  },
  {
    at: 74_000,
    actor: 'inventory',
    events: [{ type: 'scale', brokers: 5 }],
    sentence: 'Inventory is scaled to 5 brokers: replicas join first, watch zeebe_topology_partition_state.',
  },
  {
    at: 88_000,
    actor: 'orders',
    events: [
      { type: 'broker-restarts', broker: 0 },
      { type: 'broker-restarts', broker: 1 },
    ],
    sentence: 'Brokers 0 and 1 of orders are started again: quorum and leaders are back within 19 s.',
  },
  {
    at: 98_000,
    actor: 'identity provider',
    events: [{ type: 'secret-rotates', clientId: client.clientId, clientSecret: 'another-secret' }],
    sentence: 'The client secret for inventory is changed: watch zeebe_topology_auth_failing{reason="invalid_client"}.',
  },
  {
    at: 106_000,
    actor: 'payments',
    events: [{ type: 'http-fault', fault: { kind: 'status', status: 503 } }],
    sentence: 'Payments answers 503, RESOURCE_EXHAUSTED: zeebe_topology_up is 0 and the verdict unknown.',
  },
  {
    at: 119_000,
    actor: 'identity provider',
    events: [{ type: 'secret-rotates', clientId: client.clientId, clientSecret: client.clientSecret }],
    sentence: 'The client secret for inventory is right again.',
  },
  {
    at: 124_000,
    actor: 'payments',
    events: [{ type: 'http-recovers' }],
    sentence: 'Payments answers again.',
  },
  {
    at: 130_000,
    actor: 'inventory',
    events: [{ type: 'scale', brokers: 4 }],
    sentence: 'Inventory is scaled back to 4 brokers: their replicas move, then the fifth is gone.',
  },
  {
    at: 138_000,
    actor: 'orders',
    events: [{ type: 'gateway-forgets' }],
    sentence: 'The gateway of orders is started anew and knows no topology: up, but the verdict is unknown.',
  },
  {
    at: 150_000,
    actor: 'orders',
    events: [{ type: 'gateway-recovers' }],
    sentence: 'The gateway of orders knows its topology.',
  },
  {
    at: 160_000,
    actor: 'payments',
    events: [{ type: 'replica-health', partition: 2, broker: 2, health: 'dead' }],
    sentence: 'Partition 2 of payments is dead on broker 2: that replica is inactive.',
  },
  {
    at: 168_000,
    actor: 'orders',
    events: [{ type: 'http-fault', fault: { kind: 'login-redirect' } }],
    sentence: 'Orders redirects to a login page: watch zeebe_topology_poll_failing{reason="redirect"}.',
  },
  {
    at: 180_000,
    actor: 'identity provider',
    events: [{ type: 'audience-changes', clientId: client.clientId, audience: 'account' }],
    sentence:
      'New tokens for inventory have the wrong audience: zeebe_topology_auth_failing{reason="audience_mismatch"}.',
  },
  {
    at: 190_000,
    actor: 'orders',
    events: [{ type: 'http-recovers' }],
    sentence: 'Orders answers again.',
  },
  {
    at: 202_000,
    actor: 'identity provider',
    events: [{ type: 'audience-changes', clientId: client.clientId, audience: client.audience }],
    sentence: 'New tokens for inventory have the right audience.',
  },
  {
    at: 215_000,
    actor: 'orders',
    events: [{ type: 'leader-moves', partition: 4 }],
    sentence: 'Partition 4 of orders gets another leader.',
  },
  {
    at: 228_000,
    actor: 'payments',
    events: [{ type: 'replica-health', partition: 2, broker: 2, health: 'healthy' }],
    sentence: 'Partition 2 of payments is healthy on broker 2: all is well, and the story begins again.',
  },
];

interface StoryOptions {
  /** The same seed tells the same story. Default 1. */
  readonly seed?: string | number;
  readonly clock?: WallClock;
}

/** How a client gets in. */
export type StoryCredentials =
  | { readonly method: 'none' }
  | { readonly method: 'basic'; readonly username: string; readonly password: string }
  | {
      readonly method: 'oauth2';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly audience: string;
    };

export interface RunningStory {
  readonly clusters: readonly {
    readonly name: 'payments' | 'orders' | 'inventory';
    readonly address: URL;
    readonly credentials: StoryCredentials;
  }[];
  readonly close: () => Promise<void>;
}

/** Starts the story's clusters and identity provider on loopback, at free ports. */
export async function startStory({ seed = 1, ...rest }: StoryOptions = {}): Promise<RunningStory> {
  const provider: IdentityProvider = await startIdentityProvider({
    ...rest,
    flavour: 'keycloak',
    clients: [client],
    tokenLifetime: 30,
    script: providerScript,
  });
  const start = (
    name: 'payments' | 'orders' | 'inventory',
    authentication: ClusterAuthentication,
    options: SimulatedClusterOptions,
  ): Promise<SimulatedCluster> =>
    startSimulatedCluster({
      ...rest,
      ...options,
      seed: `${seed} ${name}`,
      clusterId: `demo-${name}`,
      authentication,
      script: clusterScript(name),
    });
  const payments = await start('payments', { method: 'none' }, { version: '8.6.0', partitions: 6 });
  const orders = await start('orders', { method: 'basic', ...user }, { version: '8.9.1', brokers: 5, partitions: 10 });
  const inventory = await start(
    'inventory',
    { method: 'oauth2', issuer: provider, audience: client.audience },
    { version: '8.10.0', brokers: 4, partitions: 4, zones: ['eu-west-1', 'eu-central-1'] },
  );
  return {
    clusters: [
      { name: 'payments', address: payments.address, credentials: { method: 'none' } },
      { name: 'orders', address: orders.address, credentials: { method: 'basic', ...user } },
      {
        name: 'inventory',
        address: inventory.address,
        credentials: { method: 'oauth2', tokenUrl: provider.tokenUrl, ...client },
      },
    ],
    async close() {
      await Promise.all([payments, orders, inventory, provider].map((server) => server.close()));
    },
  };
}

function clusterScript(name: 'payments' | 'orders' | 'inventory'): Script<SimulatedEvent> {
  const events = storySteps.flatMap((step) =>
    step.actor !== 'identity provider' && step.actor === name
      ? step.events.map((event) => ({ at: step.at, event }))
      : [],
  );
  return { events, repeatEvery: storyPeriod };
}

const providerScript: Script<IdentityProviderEvent> = {
  events: storySteps.flatMap((step) =>
    step.actor === 'identity provider' ? step.events.map((event) => ({ at: step.at, event })) : [],
  ),
  repeatEvery: storyPeriod,
};
