import type { OAuth2Config } from '../../src/config/config.ts';
import type { AuthFailureReason } from '../../src/failure.ts';
import { told } from '../failure-texts.ts';
import { neverAborted, tokenEndpoint } from './asking.ts';
import { answerTokenRequests, type Reply } from './identity-provider.ts';

interface Told {
  readonly reason: AuthFailureReason;
  readonly message: string;
  readonly remedy: string;
}

/** Of a token request that is not answered with a token. */
export async function failureOf(config: Partial<OAuth2Config> = {}): Promise<Told> {
  const answer = await tokenEndpoint(config)(neverAborted);
  if (answer.ok) throw new Error('expected a failure, got a token');
  return told(answer.failure);
}

export async function refusalOf(reply: Reply, config: Partial<OAuth2Config> = {}): Promise<Told> {
  answerTokenRequests(() => reply);
  return failureOf(config);
}

export const checkUrl = 'check oauth2.token_url';

/** The answer of one request to an endpoint with that configuration. A failure is as people read it. */
export async function askOnce(config: Partial<OAuth2Config> = {}) {
  const answer = await tokenEndpoint(config)(neverAborted);
  return answer.ok ? answer : { ...answer, failure: told(answer.failure) };
}
