import { type IdentityProviderEvent, startIdentityProvider } from './identity-provider.ts';
import { type SimulatedClusterOptions, startSimulatedCluster } from './simulated-cluster.ts';
import type { SimulatedEvent } from './simulated-events.ts';
import type { Script } from './timeline.ts';
import type { WallClock } from './wall-clock.ts';

type ClusterName = 'payments' | 'orders' | 'inventory';

/** What happens `at` milliseconds after the start of each round, and the sentence that announces it. */
type StoryStep = { readonly at: number; readonly sentence: string } & (
  | { readonly actor: ClusterName; readonly events: readonly SimulatedEvent[] }
  | { readonly actor: 'identity provider'; readonly events: readonly IdentityProviderEvent[] }
);

/** An alert of the project's rules. The times are milliseconds after the start of each round, at the latest. */
interface StoryAlert {
  readonly name: `ZeebeTopology${string}`;
  readonly cluster: ClusterName;
  readonly firesBy: number;
  readonly resolvesBy: number;
}

/** What happens to the three clusters, again and again. At the end of each round every cluster is healthy. */
export interface Story {
  /** Milliseconds of one round. */
  readonly period: number;
  /** In the order of their times. */
  readonly steps: readonly StoryStep[];
  /** The alerts that the faults last long enough for, in a story that is told for them. */
  readonly alerts?: readonly StoryAlert[];
}

/** The client of the identity provider as which the exporter authenticates to inventory. */
export const storyClient = {
  clientId: 'exporter',
  clientSecret: 'exporter-secret',
  audience: 'orchestration-api',
} as const;
const none = { method: 'none' } as const;
const user = { username: 'demo', password: 'demo' } as const;

interface StoryOptions {
  readonly story: Story;
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
    /**
     * Whether the client is a cluster admin, and so reads the topology of all physical tenants and of no single one.
     */
    readonly isWhole: boolean;
  }[];
  readonly close: () => Promise<void>;
}

/** Starts the clusters and the identity provider of the story on free ports of the loopback interface. */
export async function startStory({ story, seed = 1, ...rest }: StoryOptions): Promise<RunningStory> {
  const provider = await startIdentityProvider({
    ...rest,
    flavour: 'keycloak',
    clients: [storyClient],
    tokenLifetime: 30,
    script: providerScript(story),
  });
  const start = (name: ClusterName, credentials: StoryCredentials, options: SimulatedClusterOptions) =>
    startCluster(name, credentials, {
      ...rest,
      ...options,
      seed: `${seed} ${name}`,
      script: clusterScript(name, story),
    });
  const basic = { method: 'basic', ...user } as const;
  const tokens = { method: 'oauth2', issuer: provider, audience: storyClient.audience } as const;
  const running = [
    await start('payments', none, { authentication: none, version: '8.6.0', partitions: 6 }),
    await start('orders', basic, { authentication: basic, version: '8.9.1', brokers: 5, partitions: 10 }),
    await start(
      'inventory',
      { method: 'oauth2', tokenUrl: provider.tokenUrl, ...storyClient },
      {
        authentication: tokens,
        clusterAdmin: { ...tokens, clients: [storyClient.clientId] },
        version: '8.10.0',
        brokers: 4,
        partitions: 4,
        zones: ['eu-west-1', 'eu-central-1'],
        physicalTenants: { returns: { partitions: 2 } },
      },
    ),
  ];
  return {
    clusters: running.map(({ close, ...cluster }) => cluster),
    close: async () => {
      await Promise.all([...running, provider].map((server) => server.close()));
    },
  };
}

async function startCluster(name: ClusterName, credentials: StoryCredentials, options: SimulatedClusterOptions) {
  const { address, close } = await startSimulatedCluster({ ...options, clusterId: `demo-${name}` });
  return { name, address, credentials, isWhole: options.clusterAdmin !== undefined, close };
}

function clusterScript(name: ClusterName, { steps, period }: Story): Script<SimulatedEvent> {
  const events = steps.flatMap((step) =>
    step.actor !== 'identity provider' && step.actor === name
      ? step.events.map((event) => ({ at: step.at, event }))
      : [],
  );
  return { events, repeatEvery: period };
}

function providerScript({ steps, period }: Story): Script<IdentityProviderEvent> {
  const events = steps.flatMap((step) =>
    step.actor === 'identity provider' ? step.events.map((event) => ({ at: step.at, event })) : [],
  );
  return { events, repeatEvery: period };
}
