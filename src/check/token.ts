import type { TokenAnswer, TokenRefusal } from '../auth/token-endpoint.ts';
import { createTokenEndpoint } from '../auth/token-endpoint.ts';
import { withDeadline } from '../clock.ts';
import type { OAuth2Config } from '../config/config.ts';
import { createDispatcher } from '../transport/dispatcher.ts';
import type { Conditions } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import { urlOfRealm } from './keycloak.ts';
import { isKeycloak } from './providers.ts';
import { hideRest } from './quoting.ts';
import type { Diagnosis, Step, Target, TokenFacts } from './step.ts';
import { tokenFacts } from './token-facts.ts';
import { tokenTrouble } from './token-trouble.ts';

export interface Obtained {
  readonly answer: TokenAnswer;
  readonly facts: TokenFacts;
}

/** The only token request of a check, and what the token says. Gives undefined where there is none. */
export async function* tokenSteps(
  target: Target,
  oauth2: OAuth2Config,
  endpoint: Endpoint,
  { clock, signal }: Conditions,
): AsyncGenerator<Step, Obtained | undefined> {
  const { pollTimeout } = target.config;
  const dispatcher = createDispatcher(oauth2.transport, pollTimeout);
  try {
    const answer = await withDeadline(pollTimeout, signal, createTokenEndpoint(oauth2, dispatcher, clock));
    if (!answer.ok) {
      const found = mayBeElsewhere(answer, endpoint)
        ? await withDeadline(pollTimeout, signal, (deadline) => urlOfRealm(endpoint.url, dispatcher, deadline))
        : undefined;
      const diagnosis = found ? realmTrouble(endpoint, found) : tokenTrouble(answer, target, oauth2, endpoint);
      yield { name: 'token_request', status: 'failed', diagnosis };
      return undefined;
    }
    const { origin, pathname } = endpoint.url;
    yield { name: 'token_request', status: 'ok', facts: { url: `${origin}${pathname}` } };
    const facts = tokenFacts(answer.token, hideRest(target));
    yield { name: 'token', status: 'ok', facts };
    return { answer, facts };
  } finally {
    await dispatcher.destroy();
  }
}

function mayBeElsewhere({ failure: { reason } }: TokenRefusal, { url }: Endpoint): boolean {
  return isKeycloak(url) && (reason === 'token_request_rejected' || reason === 'token_response_invalid');
}

function realmTrouble({ url, names }: Endpoint, found: URL): Diagnosis {
  const problem = found.pathname.includes('/auth/realms/')
    ? 'This Keycloak has its realms behind /auth, which is missing in the address.'
    : 'This Keycloak does not have its realms behind /auth, which is in the address.';
  return {
    problem,
    change: `Set ${names.address} to ${found.origin}${found.pathname}${url.search === '' ? '' : '?…'}.`,
  };
}
