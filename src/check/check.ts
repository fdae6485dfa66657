import { type Authenticator, createBasic, none } from '../auth/authenticator.ts';
import { createOAuth2 } from '../auth/oauth2.ts';
import { createTokenCache } from '../auth/token-cache.ts';
import type { TokenAnswer } from '../auth/token-endpoint.ts';
import type { CheckOutput } from '../cli.ts';
import type { Clock } from '../clock.ts';
import type { ClusterConfig, OAuth2Config } from '../config/config.ts';
import { ConfigError, type Notice } from '../config/problem.ts';
import { clusterEndpoint, tokenEndpoint } from './check-target.ts';
import { settingsTrouble } from './diagnose-authentication.ts';
import { type ClusterReport, jsonOfProblems, jsonReport } from './json-report.ts';
import { type Conditions, reach } from './reachability.ts';
import type { Step, Target } from './steps.ts';
import { forPeople } from './text-report.ts';
import { tokenSteps } from './token-step.ts';
import { topologySteps } from './topology-step.ts';

/**
 * Goes the way of a poll, one step after the other, and ends with the first that fails. Each network step may take
 * `poll_timeout`. Never throws; what an aborted signal ends is not worth telling.
 */
async function* checkCluster(target: Target, conditions: Conditions): AsyncGenerator<Step, void> {
  const { config, origin } = target;
  const facts = { settings: origin.settings() };
  const diagnosis = settingsTrouble(target);
  yield { name: 'settings', ...(diagnosis ? { status: 'failed', facts, diagnosis } : { status: 'ok', facts }) };
  if (diagnosis || !(yield* reach(target, clusterEndpoint(target), conditions))) return;

  const { authentication } = config;
  switch (authentication.method) {
    case 'none':
      yield { name: 'token_request', status: 'skipped', reason: 'no credentials are set' };
      yield* topologySteps(target, { authenticator: () => none, token: undefined }, conditions);
      return;
    case 'basic':
      yield { name: 'token_request', status: 'skipped', reason: 'a user name and password are set (Basic)' };
      yield* topologySteps(target, { authenticator: () => createBasic(authentication), token: undefined }, conditions);
      return;
    case 'oauth2': {
      const endpoint = tokenEndpoint(target, authentication);
      if (!(yield* reach(target, endpoint, conditions))) return;
      const obtained = yield* tokenSteps(target, authentication, endpoint, conditions);
      if (!obtained) return;
      const authenticator = () => bearing(obtained.answer, config, authentication, conditions.clock);
      yield* topologySteps(target, { authenticator, token: obtained.facts }, conditions);
    }
  }
}

/** The exporter's own, with a token endpoint that has answered already. */
function bearing(
  answer: TokenAnswer,
  { pollInterval, pollTimeout }: ClusterConfig,
  { audience }: OAuth2Config,
  clock: Clock,
): Authenticator {
  const endpoint = async () => answer;
  return createOAuth2(audience, createTokenCache({ endpoint, pollInterval, pollTimeout, clock, random: Math.random }));
}

export interface RunOptions {
  readonly output: CheckOutput;
  readonly withColours: boolean;
  readonly write: (text: string) => void;
  /** What is no part of the output. */
  readonly warn: (text: string) => void;
  readonly clock: Clock;
  /** Ends the run; nothing more is written. */
  readonly signal: AbortSignal;
}

interface Loaded {
  readonly clusters: readonly Target[];
  readonly notices: readonly Notice[];
}

/**
 * Checks one cluster after the other. Resolves to the exit code: 0 where each of them can be polled, else 1. Where the
 * configuration cannot be used, JSON says so too; text leaves the `ConfigError` to the caller.
 */
export async function runCheck(load: () => Loaded, options: RunOptions): Promise<0 | 1> {
  const { output, write, warn } = options;
  try {
    const { clusters, notices } = load();
    for (const { message, variables } of notices) warn(`${message}: ${variables.join(', ')}\n`);
    return await checkAll(clusters, options);
  } catch (error) {
    if (!(error instanceof ConfigError) || output === 'text') throw error;
    write(jsonOfProblems(error.problems));
    return 1;
  }
}

async function checkAll(targets: readonly Target[], options: RunOptions): Promise<0 | 1> {
  const { output, withColours, write, signal } = options;
  const people = forPeople(withColours);
  const tell = output === 'text' ? write : () => {};
  const reports: ClusterReport[] = [];
  for (const target of targets) {
    tell(people.heading(target));
    const steps: Step[] = [];
    for await (const step of checkCluster(target, options)) {
      if (signal.aborted) return 1;
      tell(people.step(step));
      steps.push(step);
    }
    tell('\n');
    reports.push({ name: target.config.name, ok: steps.at(-1)?.status === 'ok', steps });
  }
  const failed = reports.filter(({ ok }) => !ok).map(({ name }) => name);
  write(output === 'json' ? jsonReport(reports) : people.summary(failed, reports.length));
  return failed.length === 0 ? 0 : 1;
}
