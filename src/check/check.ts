import { type Authenticator, createBasic, none } from '../auth/authenticator.ts';
import { createClusterTokens } from '../auth/cluster-tokens.ts';
import { createOAuth2 } from '../auth/oauth2.ts';
import type { RequestsApart } from '../auth/requests-apart.ts';
import { createTokenCache } from '../auth/token-cache.ts';
import type { TokenAnswer } from '../auth/token-endpoint.ts';
import { unlimited } from '../auth/token-request-limiter.ts';
import type { Clock } from '../clock.ts';
import type { ClusterConfig, OAuth2Config } from '../config/config.ts';
import { ConfigError, type Notice, type Problem } from '../config/problem.ts';
import { clusterEndpoint, type Target, tokenEndpoint } from './check-target.ts';
import { connectionSteps } from './connection-step.ts';
import { diagnoseSettings } from './diagnose-authentication.ts';
import type { CheckContext, RunContext, Step } from './steps.ts';
import { createTextReport } from './text-report.ts';
import { requestsOfReport, requestsOfRun } from './token-requests.ts';
import { tokenSteps } from './token-step.ts';
import { topologySteps } from './topology-step.ts';

/**
 * Carries out a poll step by step and ends with the first step that fails. Each network step may take `poll_timeout`.
 * Never throws; after the signal has aborted, the steps mean nothing.
 */
async function* checkCluster(target: Target, context: CheckContext): AsyncGenerator<Step, void> {
  const { config, origin } = target;
  const facts = { settings: origin.settings() };
  const diagnosis = diagnoseSettings(target);
  yield { name: 'settings', ...(diagnosis ? { status: 'failed', facts, diagnosis } : { status: 'ok', facts }) };
  if (diagnosis || !(yield* connectionSteps(target, clusterEndpoint(target), context))) return;

  const { authentication } = config;
  switch (authentication.method) {
    case 'none':
      yield { name: 'token_request', status: 'skipped', reason: 'no credentials are set' };
      yield* topologySteps(target, { authenticator: () => none, token: undefined }, context);
      return;
    case 'basic':
      yield { name: 'token_request', status: 'skipped', reason: 'a user name and password (Basic) are set' };
      yield* topologySteps(target, { authenticator: () => createBasic(authentication), token: undefined }, context);
      return;
    case 'oauth2': {
      const endpoint = tokenEndpoint(target, authentication);
      if (!(yield* connectionSteps(target, endpoint, context))) return;
      const issued = yield* tokenSteps(target, authentication, endpoint, context);
      if (!issued) return;
      const authenticator = () => withToken(issued.answer, config, authentication, context.clock);
      yield* topologySteps(target, { authenticator, token: issued.facts }, context);
    }
  }
}

/** The exporter's authenticator, with a token endpoint that returns the given answer. */
function withToken(
  answer: TokenAnswer,
  { pollInterval, pollTimeout }: ClusterConfig,
  { audience }: OAuth2Config,
  clock: Clock,
): Authenticator {
  const endpoint = async () => answer;
  const cache = createTokenCache({ endpoint, limiter: unlimited, clock, random: Math.random });
  return createOAuth2(audience, createClusterTokens({ cache, pollInterval, pollTimeout, clock }));
}

export interface ReportContext extends RunContext {
  /** Present for a cluster with OAuth 2. */
  readonly requestsApart: RequestsApart | undefined;
}

/**
 * Returns the steps of one poll as text. Omits the settings, as readers of the text may not be those of the
 * configuration.
 */
export async function pollReport(
  config: ClusterConfig,
  { clock, signal, requestsApart }: ReportContext,
): Promise<string> {
  const context = { clock, signal, requestToken: requestsOfReport(requestsApart, config, { clock, signal }) };
  const { heading, step: textOf, summary } = createTextReport(false);
  const target: Target = {
    config,
    origin: { fromFile: config.meta.provider !== 'environment', settings: () => [] },
  };
  const steps: Step[] = [];
  for await (const step of checkCluster(target, context)) {
    if (step.name !== 'settings' || step.status === 'failed') steps.push(step);
  }
  const failed = steps.at(-1)?.status === 'ok' ? [] : [config.name];
  return [heading(target), ...steps.map(textOf), summary(failed, 1)].join('');
}

/** Text for people, JSON for scripts. */
export type CheckOutput = 'text' | 'json';

export interface RunOptions extends RunContext {
  readonly output: CheckOutput;
  readonly withColours: boolean;
  readonly write: (text: string) => void;
  /** Writes what is not part of the report. */
  readonly warn: (text: string) => void;
}

interface Loaded {
  readonly clusters: readonly Target[];
  readonly notices: readonly Notice[];
}

/**
 * Checks the clusters one after the other. Resolves to the exit code: 0 if all of them can be polled, else 1. If the
 * configuration cannot be used, the JSON lists its problems; for text, rejects with the `ConfigError`.
 */
export async function runCheck(load: () => Promise<Loaded>, options: RunOptions): Promise<0 | 1> {
  const { output, write, warn } = options;
  try {
    const { clusters, notices } = await load();
    for (const { message, variables } of notices) warn(`${message}: ${variables.join(', ')}\n`);
    const { requestToken, end } = requestsOfRun(clusters, options.clock, options.signal);
    return await checkAll(clusters, { ...options, requestToken }).finally(end);
  } catch (error) {
    if (!(error instanceof ConfigError) || output === 'text') throw error;
    write(jsonOfProblems(error.problems));
    return 1;
  }
}

async function checkAll(targets: readonly Target[], options: RunOptions & CheckContext): Promise<0 | 1> {
  const { output, withColours, write, signal } = options;
  const report = createTextReport(withColours);
  const writeText = output === 'text' ? write : () => {};
  const reports: ClusterReport[] = [];
  for (const target of targets) {
    writeText(report.heading(target));
    const steps: Step[] = [];
    for await (const step of checkCluster(target, options)) {
      if (signal.aborted) return 1;
      writeText(report.step(step));
      steps.push(step);
    }
    writeText('\n');
    reports.push({ name: target.config.name, ok: steps.at(-1)?.status === 'ok', steps });
  }
  const failed = reports.filter(({ ok }) => !ok).map(({ name }) => name);
  write(output === 'json' ? jsonReport(reports) : report.summary(failed, reports.length));
  return failed.length === 0 ? 0 : 1;
}

/** Increased when a field is removed or changes its meaning, not when one is added. */
const jsonVersion = 1;

interface ClusterReport {
  readonly name: string;
  readonly ok: boolean;
  /** Only the last step may have failed. */
  readonly steps: readonly Step[];
}

function jsonReport(clusters: readonly ClusterReport[]): string {
  return json({ version: jsonVersion, ok: clusters.every(({ ok }) => ok), clusters });
}

/** The report if the configuration cannot be used and no cluster is checked. */
function jsonOfProblems(problems: readonly Problem[]): string {
  return json({ version: jsonVersion, ok: false, problems, clusters: [] });
}

function json(report: unknown): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
