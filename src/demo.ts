import { stringify } from 'yaml';
import type { Flags } from './cli.ts';
import { sleep, systemClock } from './clock.ts';
import type { AuthenticationMethod, Config } from './config/config.ts';
import { readFileNow } from './config/files.ts';
import { loadConfig } from './config/load-config.ts';
import type { Exporter } from './exporter.ts';
import { type RunningStory, type StoryCredentials, startStory, storyPeriod, storySteps } from './simulator/story.ts';

type Say = (sentence: string) => void;

export interface Demo {
  /** The simulated clusters, as the file of a user would describe them. */
  readonly config: Config;
  /** Says what runs where and what to open. */
  readonly introduce: (say: Say, exporter: Pick<Exporter, 'addresses' | 'scheme'>) => void;
  /** Says what happens when it happens, over and over, until the signal aborts. */
  readonly tell: (say: Say, signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Starts the simulated clusters and identity provider. The flags' clusters and the environment are left out. */
export async function startDemo(flags: Flags, isTerminal: boolean): Promise<Demo> {
  const story = await startStory();
  const startedAt = systemClock.monotonic();
  const file = configFile(story);
  const { config } = loadConfig({
    flags: { ...flags, 'config.file': 'demo.yml' },
    env: {},
    isTerminal,
    readFile: (path) => (path === 'demo.yml' ? Buffer.from(file) : readFileNow(path)),
  });
  return {
    config,
    introduce: (say, { addresses: [address = ''], scheme }) => {
      const base = `${scheme}://${address.replace(/^(\[::\]|0\.0\.0\.0)/, 'localhost')}`;
      say('');
      say('Three simulated Zeebe clusters, polled every 2 seconds:');
      for (const { name, address, authentication } of config.clusters) {
        say(`  ${name.padEnd(10)} ${address.href}v1/topology  ${methods[authentication.method]}`);
      }
      say('');
      say(`Open ${base}/ for the status page, ${base}${config.web.telemetryPath} for the metrics. Ctrl-C ends it.`);
      say('What happens, over and over:');
    },
    tell: async (say, signal) => {
      for (let round = 0; !signal.aborted; round++) {
        for (const { at, sentence } of storySteps) {
          await sleep(startedAt + round * storyPeriod + at - systemClock.monotonic(), signal);
          if (signal.aborted) return;
          say(`  ${new Date().toLocaleTimeString('en-GB')}  ${sentence}`);
        }
      }
    },
    close: () => story.close(),
  };
}

const methods: Readonly<Record<AuthenticationMethod, string>> = {
  none: 'no authentication',
  basic: 'HTTP Basic',
  oauth2: 'OAuth 2, with tokens that live for 30 seconds',
};

function configFile({ clusters }: RunningStory): string {
  return stringify({
    poll_interval: '2s',
    clusters: clusters.map(({ name, address, credentials }) => ({
      name,
      address: address.href,
      ...authenticationOf(credentials),
    })),
  });
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
