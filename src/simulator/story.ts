import { type IdentityProviderEvent, startIdentityProvider } from './identity-provider.ts';
import { type SimulatedClusterOptions, startSimulatedCluster } from './simulated-cluster.ts';
import type { SimulatedEvent } from './simulated-events.ts';
import type { Script } from './timeline.ts';
import type { WallClock } from './wall-clock.ts';

/**
 * Milliseconds of one round. It shows three clusters, with three ways to authenticate, and most faults that Zeebe
 * clusters have. At the end of each round every cluster is healthy again.
 */
export const storyPeriod = 240_000;

type ClusterName = 'payments' | 'orders' | 'inventory';

/** What happens `at` milliseconds after the start of each round, and the sentence that announces it. */
type StoryStep = { readonly at: number; readonly sentence: string } & (
  | { readonly actor: ClusterName; readonly events: readonly SimulatedEvent[] }
  | { readonly actor: 'identity provider'; readonly events: readonly IdentityProviderEvent[] }
);

const client = { clientId: 'exporter', clientSecret: 'exporter-secret', audience: 'orchestration-api' } as const;
const none = { method: 'none' } as const;
const user = { username: 'demo', password: 'demo' } as const;

export const storySteps: readonly StoryStep[] = [
  {
    at: 5_000,
    actor: 'payments',
    events: [{ type: 'leader-moves', partition: 1 }],
    sentence: 'The leader of partition 1 of payments changes: watch zeebe_topology_partition_leader_changes_total.',
  },
  {
    at: 12_000,
    actor: 'payments',
    events: [{ type: 'broker-crashes', broker: 1 }],
    sentence:
      'Broker 1 of payments crashes: its partitions have new leaders in 6 s, zeebe_topology_broker_up is 0 in 12 s.',
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
    sentence: 'The identity provider answers 503: the token of inventory still works, but cannot be renewed.',
  },
  {
    at: 40_000,
    actor: 'payments',
    events: [{ type: 'broker-restarts', broker: 1 }],
    sentence: 'Broker 1 of payments is restarted: it is listed in 16 s, with all its partitions in 19 s.',
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
    sentence: 'Inventory is scaled to 5 brokers: new replicas join first; watch zeebe_topology_partition_state.',
  },
  {
    at: 88_000,
    actor: 'orders',
    events: [
      { type: 'broker-restarts', broker: 0 },
      { type: 'broker-restarts', broker: 1 },
    ],
    sentence: 'Brokers 0 and 1 of orders are restarted: quorum and leaders are back within 19 s.',
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
    sentence: 'Payments answers 503, RESOURCE_EXHAUSTED: zeebe_topology_up is 0 and the verdict is unknown.',
  },
  {
    at: 119_000,
    actor: 'identity provider',
    events: [{ type: 'secret-rotates', clientId: client.clientId, clientSecret: client.clientSecret }],
    sentence: 'The client secret for inventory is valid again.',
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
    sentence: 'Inventory is scaled back to 4 brokers: replicas move, then the fifth broker is removed.',
  },
  {
    at: 138_000,
    actor: 'orders',
    events: [{ type: 'gateway-forgets' }],
    sentence:
      'The gateway of orders is restarted and knows no topology: zeebe_topology_up is 1, but the verdict is unknown.',
  },
  {
    at: 150_000,
    actor: 'orders',
    events: [{ type: 'gateway-recovers' }],
    sentence: 'The gateway of orders knows its topology again.',
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
    sentence: 'New tokens for inventory have the right audience again.',
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
    sentence:
      'Partition 2 of payments is healthy again on broker 2: every cluster is healthy, and the next round begins.',
  },
];

interface StoryOptions {
  /** The same seed leads to the same elections. Default 1. */
  readonly seed?: string | number;
  readonly clock?: WallClock;
}

/** How a client of the cluster authenticates. */
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
    readonly name: ClusterName;
    readonly address: URL;
    readonly credentials: StoryCredentials;
  }[];
  readonly close: () => Promise<void>;
}

/** Starts the clusters and the identity provider of the story on free ports of the loopback interface. */
export async function startStory({ seed = 1, ...rest }: StoryOptions = {}): Promise<RunningStory> {
  const provider = await startIdentityProvider({
    ...rest,
    flavour: 'keycloak',
    clients: [client],
    tokenLifetime: 30,
    script: providerScript,
  });
  const start = (name: ClusterName, credentials: StoryCredentials, options: SimulatedClusterOptions) =>
    startCluster(name, credentials, { ...rest, ...options, seed: `${seed} ${name}` });
  const basic = { method: 'basic', ...user } as const;
  const running = [
    await start('payments', none, { authentication: none, version: '8.6.0', partitions: 6 }),
    await start('orders', basic, { authentication: basic, version: '8.9.1', brokers: 5, partitions: 10 }),
    await start(
      'inventory',
      { method: 'oauth2', tokenUrl: provider.tokenUrl, ...client },
      {
        authentication: { method: 'oauth2', issuer: provider, audience: client.audience },
        version: '8.10.0',
        brokers: 4,
        partitions: 4,
        zones: ['eu-west-1', 'eu-central-1'],
        physicalTenants: { returns: { partitions: 2 } },
      },
    ),
  ];
  return {
    clusters: running.map(({ name, address, credentials }) => ({ name, address, credentials })),
    close: async () => {
      await Promise.all([...running, provider].map((server) => server.close()));
    },
  };
}

async function startCluster(name: ClusterName, credentials: StoryCredentials, options: SimulatedClusterOptions) {
  const script = clusterScript(name);
  const { address, close } = await startSimulatedCluster({ ...options, clusterId: `demo-${name}`, script });
  return { name, address, credentials, close };
}

function clusterScript(name: ClusterName): Script<SimulatedEvent> {
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
