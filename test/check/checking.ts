import { onTestFinished } from 'vitest';
import { type RunOptions, runCheck } from '../../src/check/check.ts';
import { systemClock } from '../../src/clock.ts';
import { type IdentityProviderOptions, startIdentityProvider } from '../../src/simulator/identity-provider.ts';
import { type SimulatedClusterOptions, startSimulatedCluster } from '../../src/simulator/simulated-cluster.ts';
import { load } from '../config/loading.ts';

export type Given = Parameters<typeof load>[0];

export interface Checked {
  readonly exitCode: number;
  /** Everything that was written. */
  readonly text: string;
  /** The lines of the failed step, its title first; empty if none failed. */
  readonly failedStep: readonly string[];
}

export async function check(given: Given, options: Partial<RunOptions> = {}): Promise<Checked> {
  let text = '';
  const write = (more: string) => {
    text += more;
  };
  const exitCode = await runCheck(async () => load(given), {
    output: 'text',
    withColours: false,
    write,
    warn: write,
    clock: systemClock,
    signal: new AbortController().signal,
    ...options,
  });
  const [, failed = ''] = text.split('  ✗ ');
  const [step = ''] = failed.split('\n\n');
  return { exitCode, text, failedStep: step.split('\n').flatMap((line) => line.trim() || []) };
}

/** Starts a simulated cluster, which is closed at the end of the test. */
export async function cluster(options: SimulatedClusterOptions = {}) {
  const simulated = await startSimulatedCluster(options);
  onTestFinished(() => simulated.close());
  return simulated;
}

export const client = { clientId: 'exporter', clientSecret: 'exporter-secret', audience: 'zeebe-api' } as const;

export async function provider(options: Partial<IdentityProviderOptions> = {}) {
  const simulated = await startIdentityProvider({ clients: [client], ...options });
  onTestFinished(() => simulated.close());
  return simulated;
}

/** The environment of a cluster with OAuth 2 and valid client credentials. */
export function oauthEnv(address: URL | string, tokenUrl: string): Readonly<Record<string, string>> {
  return {
    ZEEBE_REST_ADDRESS: String(address),
    CAMUNDA_CLIENT_ID: client.clientId,
    CAMUNDA_CLIENT_SECRET: client.clientSecret,
    CAMUNDA_OAUTH_URL: tokenUrl,
  };
}
