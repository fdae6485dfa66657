import { decodeJwt, type JWTPayload } from 'jose';
import { type Dispatcher, request } from 'undici';
import { isTime, type Token } from '../auth/token.ts';
import { createTokenEndpoint, type TokenAnswer, type TokenRefusal } from '../auth/token-endpoint.ts';
import { jsonObject } from '../auth/token-response.ts';
import { withDeadline } from '../clock.ts';
import type { OAuth2Config } from '../config/config.ts';
import { singleLine } from '../redact.ts';
import { createDispatcher } from '../transport/dispatcher.ts';
import { type Endpoint, hideRest, isKeycloak } from './check-target.ts';
import { tokenTrouble } from './diagnose-token.ts';
import type { Conditions } from './reachability.ts';
import type { Diagnosis, Step, Target, TokenFacts } from './steps.ts';

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

/** What a token says of itself, unverified: claims of RFC 7519, and those of Keycloak, Auth0 and Entra ID. */
function tokenFacts({ accessToken, obtainedAt, lifetime }: Token, hideRest: (text: string) => string): TokenFacts {
  const claims = claimsOf(accessToken.open());
  const hidden = (value: unknown) => (typeof value === 'string' ? [hideRest(value)] : []);
  const shown = (values: readonly unknown[]) => values.flatMap(hidden).map((text) => singleLine(text));
  const first = (...values: readonly unknown[]) => shown(values)[0];
  // Hidden before they are parted: a secret may hold spaces.
  const scopes = [claims?.scope, claims?.scp, claims?.roles].flat().flatMap(hidden).join(' ').split(' ');

  const client = first(claims?.azp, claims?.client_id, claims?.appid, claims?.sub);
  const issuer = first(claims?.iss);
  return {
    opaque: claims === undefined,
    ...(claims && {
      audiences: shown([claims.aud ?? []].flat()),
      scopes: shown(scopes.filter((scope) => scope !== '')),
    }),
    ...(client !== undefined && { client }),
    ...(issuer !== undefined && { issuer }),
    ...(lifetime !== undefined && { lifetime_seconds: Math.round(lifetime / 1000) }),
    ...(isTime(claims?.iat) && { clock_difference_seconds: Math.round(obtainedAt / 1000 - claims.iat) }),
  };
}

function claimsOf(accessToken: string): JWTPayload | undefined {
  try {
    return decodeJwt(accessToken);
  } catch {
    return undefined;
  }
}

/**
 * The same URL with `/auth` before `/realms`, or without it, where the realm is found only there: Keycloak has it until
 * version 17, and later where it is so configured. Asks for the realm's discovery document, without credentials.
 */
async function urlOfRealm(url: URL, dispatcher: Dispatcher, signal: AbortSignal): Promise<URL | undefined> {
  const other = new URL(url);
  other.pathname = url.pathname.includes('/auth/realms/')
    ? url.pathname.replace('/auth/realms/', '/realms/')
    : url.pathname.replace('/realms/', '/auth/realms/');
  const hasRealm = async (candidate: URL) => {
    const realm = /^.*?\/realms\/[^/]+/.exec(candidate.pathname)?.[0] ?? '';
    try {
      const response = await request(new URL(`${realm}/.well-known/openid-configuration`, candidate.origin), {
        dispatcher,
        signal,
      });
      return jsonObject(await response.body.text())?.issuer !== undefined && response.statusCode === 200;
    } catch {
      return false;
    }
  };
  return !(await hasRealm(url)) && (await hasRealm(other)) ? other : undefined;
}
