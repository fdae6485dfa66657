import type { Authenticator } from '../auth/authenticator.ts';
import { createBasic } from '../auth/basic.ts';
import { none } from '../auth/none.ts';
import { createOAuth2 } from '../auth/oauth2.ts';
import type { TokenAnswer } from '../auth/token-endpoint.ts';
import { createTokenSource } from '../auth/token-source.ts';
import type { Clock } from '../clock.ts';
import type { ClusterConfig, OAuth2Config } from '../config/config.ts';
import { type Conditions, reach } from './connection.ts';
import { clusterEndpoint, tokenEndpoint } from './endpoint.ts';
import { settingsTrouble } from './settings-trouble.ts';
import type { Step, Target } from './step.ts';
import { tokenSteps } from './token.ts';
import { topologySteps } from './topology.ts';

/**
 * Goes the way of a poll, one step after the other, and ends with the first that fails. Each network step may take
 * `poll_timeout`. Never throws; what an aborted signal ends is not worth telling.
 */
export async function* checkCluster(target: Target, conditions: Conditions): AsyncGenerator<Step, void> {
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
  return createOAuth2(audience, createTokenSource({ endpoint, pollInterval, pollTimeout, clock, random: Math.random }));
}
