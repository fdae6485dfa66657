import type { AuthFailure } from '../../src/auth/auth-failure.ts';
import type { OAuth2Config } from '../../src/config/config.ts';
import { neverAborted, tokenEndpoint } from './asking.ts';
import { answerTokenRequests, type Reply } from './identity-provider.ts';

/** Of a token request that is not answered with a token. */
export async function failureOf(config: Partial<OAuth2Config> = {}): Promise<AuthFailure> {
  const answer = await tokenEndpoint(config)(neverAborted);
  if (answer.ok) throw new Error('expected a failure, got a token');
  return answer.failure;
}

export async function refusalOf(reply: Reply, config: Partial<OAuth2Config> = {}): Promise<AuthFailure> {
  answerTokenRequests(() => reply);
  return failureOf(config);
}

export const checkUrl = 'check oauth2.token_url (CAMUNDA_OAUTH_URL) or oauth2.issuer_url';
