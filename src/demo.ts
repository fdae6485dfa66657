import { stringify } from 'yaml';
import { sleep, systemClock } from './clock.ts';
import type { AuthenticationMethod, Config } from './config/config.ts';
import type { Environment } from './config/environment.ts';
import { readFileInTurn } from './config/file-reader.ts';
import { type Flags, loadConfigFromFiles } from './config/load-config.ts';
import type { Table } from './config/setting.ts';
import { topTable } from './config/settings-table.ts';
import type { Servers } from './http/listen.ts';
import { fastStory } from './simulator/fast-story.ts';
import { slowStory } from './simulator/slow-story.ts';
import { type RunningStory, type Story, type StoryCredentials, startStory } from './simulator/story.ts';

type Say = (sentence: string) => void;

export interface Demo {
  /** Lists the simulated clusters, as the configuration file of a user would. */
  readonly config: Config;
  /** Says what runs at which address, and which pages to open. */
  readonly introduce: (say: Say, servers: Pick<Servers, 'addresses' | 'scheme'>) => void;
  /** Announces the events of the story when they happen, in every round, until the signal aborts. */
  readonly tell: (say: Say, signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface DemoInputs {
  /** Tells the story whose faults last until their alerts fire. */
  readonly slow: boolean;
  readonly flags: Flags;
  readonly env: Environment;
  readonly isTerminal: boolean;
}

/** Starts the simulated clusters and identity provider. Ignores the clusters of the flags and of the environment. */
export async function startDemo({ slow, flags, env, isTerminal }: DemoInputs): Promise<Demo> {
  const story = slow ? slowStory : fastStory;
  const running = await startStory({ story });
  const startedAt = systemClock.monotonic();
  const file = configFile(running);
  const { config } = await loadConfigFromFiles({
    flags: { ...flags, 'config.file': 'demo.yml' },
    env: Object.fromEntries(variablesOfFlags.map((name) => [name, env[name]])),
    isTerminal,
    readFile: async (path) => (path === 'demo.yml' ? Buffer.from(file) : readFileInTurn(path)),
  });
  return {
    config,
    introduce: (say, { addresses: [address = ''], scheme }) => {
      const base = `${scheme}://${address.replace(/^(\[::\]|0\.0\.0\.0)/, 'localhost')}`;
      say('');
      say('Three simulated Zeebe clusters, polled every 2 seconds:');
      for (const { name, address, physicalTenants, authentication } of config.clusters) {
        const path = physicalTenants ? 'cluster/v2/topology' : 'v1/topology';
        say(`  ${name.padEnd(10)} ${address.href}${path}  ${methods[authentication.method]}`);
      }
      say('');
      say(`Open ${base}/ for the status page, ${base}${config.web.telemetryPath} for the metrics. Ctrl-C ends it.`);
      for (const line of alertsOf(story)) say(line);
      say('What happens, again and again:');
    },
    tell: async (say, signal) => {
      for (let round = 0; !signal.aborted; round++) {
        for (const { at, sentence } of story.steps) {
          await sleep(startedAt + round * story.period + at - systemClock.monotonic(), signal);
          if (signal.aborted) return;
          say(`  ${new Date().toLocaleTimeString('en-GB')}  ${sentence}`);
        }
      }
    },
    close: () => running.close(),
  };
}

const settings: Table = topTable;
const variablesOfFlags = Object.values(settings).flatMap(({ flag, variables = [] }) => (flag ? variables : []));

const methods: Readonly<Record<AuthenticationMethod, string>> = {
  none: 'no authentication',
  basic: 'HTTP Basic',
  oauth2: 'OAuth 2, with tokens that live for 30 seconds',
};

/** Returns lines about the alerts that the faults of the story last long enough for. */
function alertsOf({ alerts = [], period }: Story): readonly string[] {
  if (alerts.length === 0) return [];
  const width = Math.max(...alerts.map(({ name }) => name.length));
  const minutes = (time: number) => `${time / 60_000}`.padStart(2);
  return [
    `With the project's alert rules, Prometheus fires these alerts in each round of ${minutes(period)} minutes:`,
    ...alerts.map(
      ({ name, cluster, firesBy, resolvesBy }) =>
        `  ${name.padEnd(width)}  ${cluster.padEnd(10)} within ${minutes(firesBy)} minutes, resolved within ${minutes(resolvesBy)}`,
    ),
  ];
}

function configFile({ clusters }: RunningStory): string {
  return stringify({ poll_interval: '2s', clusters: clusterEntries(clusters) });
}

/** Returns `clusters` of a configuration file. */
export function clusterEntries(clusters: RunningStory['clusters']): readonly Readonly<Record<string, unknown>>[] {
  return clusters.map(({ name, address, credentials, isWhole }) => ({
    name,
    address: address.href,
    ...(isWhole && { physical_tenants: 'all' }),
    ...authenticationOf(credentials),
  }));
}

function authenticationOf(credentials: StoryCredentials): Readonly<Record<string, unknown>> {
  switch (credentials.method) {
    case 'none':
      return {};
    case 'basic':
      return { basic_auth: { username: credentials.username, password: credentials.password } };
    case 'oauth2':
      return {
        oauth2: {
          client_id: credentials.clientId,
          client_secret: credentials.clientSecret,
          token_url: credentials.tokenUrl,
          audience: credentials.audience,
        },
      };
  }
}
