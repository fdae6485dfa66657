import { secretsOfRequests } from '../auth/client-authentication.ts';
import { decodeToken, isTime, type Token } from '../auth/token.ts';
import type { TokenAnswer } from '../auth/token-endpoint.ts';
import { withDeadline } from '../clock.ts';
import { connectToIdentityProvider } from '../cluster/token-connection.ts';
import type { OAuth2Config } from '../config/config.ts';
import { jsonObject } from '../json.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { hideSecrets, singleLine } from '../redact.ts';
import { createDispatcher, maxAnswerBytes } from '../transport/dispatcher.ts';
import { type RequestOptions, send } from '../transport/reply.ts';
import { type Endpoint, isKeycloak, type Target } from './check-target.ts';
import { diagnoseTokenRequest } from './diagnose-token.ts';
import type { CheckContext, Diagnosis, Step, TokenFacts } from './steps.ts';
import type { Refused, StandingRefusal } from './token-requests.ts';

export interface IssuedToken {
  readonly answer: TokenAnswer;
  readonly facts: TokenFacts;
}

/**
 * Sends the only token request of a check, if one may be sent now, and reports the token's claims. Returns undefined if
 * there is no token.
 */
export async function* tokenSteps(
  target: Target,
  oauth2: OAuth2Config,
  endpoint: Endpoint,
  { clock, signal, requestToken }: CheckContext,
): AsyncGenerator<Step, IssuedToken | undefined> {
  const { pollTimeout } = target.config;
  const identityProvider = connectToIdentityProvider(oauth2, clock);
  const answer = await requestToken(oauth2, () =>
    withDeadline(pollTimeout, signal, (deadline) => identityProvider.endpoint(deadline, pollTimeout)),
  );
  if (!answer.ok) {
    const found = mayHaveWrongPath(answer, endpoint) ? await findRealm(endpoint, signal) : undefined;
    const diagnosis = found ? realmDiagnosis(endpoint, found) : diagnoseTokenRequest(answer, target, oauth2, endpoint);
    yield {
      name: 'token_request',
      status: 'failed',
      diagnosis: 'isStanding' in answer ? standingDiagnosis(diagnosis, answer) : diagnosis,
    };
    return undefined;
  }
  const { origin, pathname } = endpoint.url;
  yield { name: 'token_request', status: 'ok', facts: { url: `${origin}${pathname}` } };
  const facts = tokenFacts(answer.token, oauth2);
  yield { name: 'token', status: 'ok', facts };
  return { answer, facts };
}

function standingDiagnosis({ problem, change }: Diagnosis, { retryAfter }: StandingRefusal): Diagnosis {
  const standing = `The exporter found this before, and requests no token for another ${Math.ceil(retryAfter / 1000)} s.`;
  return { problem: `${problem} ${standing}`, change };
}

function mayHaveWrongPath({ failure: { reason } }: Refused, { url }: Endpoint): boolean {
  return isKeycloak(url) && (reason === 'token_request_rejected' || reason === 'token_response_invalid');
}

function realmDiagnosis({ url, names }: Endpoint, found: URL): Diagnosis {
  const problem = found.pathname.includes('/auth/realms/')
    ? 'This Keycloak serves realms under /auth/realms, but the address has /realms without /auth.'
    : 'This Keycloak serves realms under /realms, but the address has /auth/realms.';
  return {
    problem,
    change: `Set ${names.address} to ${found.origin}${found.pathname}${url.search === '' ? '' : '?…'}.`,
  };
}

/**
 * The claims of a token, unverified: those of RFC 7519, and those of Keycloak, Auth0 and Entra ID. A provider may put
 * parts of the request into them, so secrets are hidden.
 */
function tokenFacts({ accessToken, obtainedAt, lifetime }: Token, oauth2: OAuth2Config): TokenFacts {
  const secrets = secretsOfRequests(oauth2);
  const claims = decodeToken(accessToken.open());
  const hidden = (value: unknown) => (typeof value === 'string' ? [hideSecrets(value, secrets)] : []);
  const shown = (values: readonly unknown[]) => values.flatMap(hidden).map((text) => singleLine(text));
  const first = (...values: readonly unknown[]) => shown(values)[0];
  // Secrets are hidden before the scopes are split, since a secret may contain spaces.
  const scopes = [claims?.scope, claims?.scp, claims?.roles].flat().flatMap(hidden).join(' ').split(' ');

  return {
    opaque: claims === undefined,
    ...(claims && {
      audiences: shown([claims.aud ?? []].flat()),
      scopes: shown(scopes.filter((scope) => scope !== '')),
    }),
    ...omitUndefined({
      client: first(claims?.azp, claims?.client_id, claims?.appid, claims?.sub),
      issuer: first(claims?.iss),
      lifetime_seconds: lifetime === undefined ? undefined : Math.round(lifetime / 1000),
      clock_difference_seconds: isTime(claims?.iat) ? Math.round(obtainedAt / 1000 - claims.iat) : undefined,
    }),
  };
}

/**
 * Returns the URL with `/auth` added before `/realms`, or removed, if the realm is found only there. Keycloak has
 * `/auth` up to version 16, and later if it is so configured.
 */
async function findRealm({ url, transport, timeout }: Endpoint, signal: AbortSignal): Promise<URL | undefined> {
  const other = new URL(url);
  other.pathname = url.pathname.includes('/auth/realms/')
    ? url.pathname.replace('/auth/realms/', '/realms/')
    : url.pathname.replace('/realms/', '/auth/realms/');
  const dispatcher = createDispatcher(transport, timeout);
  const isFound = await withDeadline(timeout, signal, async (deadline) => {
    const found = (candidate: URL) => hasRealm(candidate, { dispatcher, transport, signal: deadline });
    return !(await found(url)) && (await found(other));
  });
  await dispatcher.destroy();
  return isFound ? other : undefined;
}

/** Requests the discovery document of the realm, without credentials. */
async function hasRealm(
  url: URL,
  options: Pick<RequestOptions, 'dispatcher' | 'transport' | 'signal'>,
): Promise<boolean> {
  const realm = /^.*?\/realms\/[^/]+/.exec(url.pathname)?.[0] ?? '';
  const reply = await send({
    method: 'GET',
    url: new URL(`${realm}/.well-known/openid-configuration`, url.origin),
    headers: {},
    secrets: [],
    maxBytes: maxAnswerBytes,
    ...options,
  });
  return reply.kind === 'answer' && reply.status === 200 && jsonObject(reply.body)?.issuer !== undefined;
}
