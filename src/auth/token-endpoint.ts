import { clientCredentialsGrantRequest, processClientCredentialsResponse } from 'oauth4webapi';
import type { Clock } from '../clock.ts';
import type { OAuth2Config } from '../config/config.ts';
import type { FailedRequest, TokenFailureReason } from '../failure.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { Reply } from '../transport/reply.ts';
import { clientAuthOf, secretsOfRequests } from './client-authentication.ts';
import { createDiscovery, type TokenServer, withoutQuery } from './discovery.ts';
import { type Token, tokenOf } from './token.ts';
import {
  essentialsOf,
  type OAuthContext,
  type Refusal,
  recordingFetch,
  refusalAfter,
  type TimeLimit,
} from './token-response.ts';

/** A token request that was sent, for the metrics. */
export interface TokenRequest {
  readonly seconds: number;
  readonly failure?: TokenFailureReason;
}

export interface TokenRefusal extends Refusal {
  /** Absent if none was sent: discovery failed, or the time had run out. */
  readonly request?: TokenRequest;
}

interface TokenGrant {
  readonly ok: true;
  readonly token: Token;
  readonly request: TokenRequest;
}

export type TokenAnswer = TokenGrant | TokenRefusal;

/**
 * Requests one token by client credentials (RFC 6749, 4.4). The signal ends the request; without it, each phase of the
 * request may take `timeout` milliseconds. Never rejects.
 */
export type TokenEndpoint = (signal: AbortSignal, timeout: number) => Promise<TokenAnswer>;

/** `onMoved` is called when discovery finds another endpoint than before. */
export function createTokenEndpoint(
  config: OAuth2Config,
  connect: OAuthContext['connect'],
  clock: Clock,
  onMoved = () => {},
): TokenEndpoint {
  const context = { config, connect, clock, secrets: secretsOfRequests(config) };
  const requestToken = createTokenRequest(context);
  const { endpoint } = config;
  if ('tokenUrl' in endpoint) {
    const server = { issuer: endpoint.tokenUrl.origin, token_endpoint: endpoint.tokenUrl.href };
    return (signal, timeout) => requestToken(server, 'token_endpoint', { signal, timeout });
  }
  const discovery = createDiscovery(endpoint.issuerUrl, context, onMoved);
  return async (signal, timeout) => {
    const found = await discovery.server({ signal, timeout });
    if (!found.ok) return found;
    const answer = await requestToken(found.server, 'discovered_token_endpoint', { signal, timeout });
    // The provider may have moved its endpoint.
    if (!answer.ok) discovery.repeat();
    return answer;
  };
}

type RequestToken = (server: TokenServer, to: FailedRequest['to'], limit: TimeLimit) => Promise<TokenAnswer>;

function createTokenRequest(context: OAuthContext): RequestToken {
  const { config, clock } = context;
  const clientAuth = clientAuthOf(config);
  const client = { client_id: config.clientId };

  return async (server, to, limit) => {
    const { signal } = limit;
    const request = { to, url: withoutQuery(server.token_endpoint) };
    if (signal.aborted) return refusalAfter(signal.reason, undefined, request, context);
    const { options, reply } = recordingFetch(context, limit, essentialsOf);
    const startedAt = clock.monotonic();
    const seconds = () => (clock.monotonic() - startedAt) / 1000;
    try {
      const response = await clientCredentialsGrantRequest(server, client, clientAuth, parametersOf(config), options);
      const { access_token, expires_in } = await processClientCredentialsResponse(server, client, response);
      const token = redacted(tokenOf(access_token, expires_in, clock.now()), reply(), config);
      return { ok: true, token, request: { seconds: seconds() } };
    } catch (error) {
      const refusal = refusalAfter(error, reply(), request, context);
      return { ...refusal, request: { seconds: seconds(), failure: refusal.failure.reason } };
    }
  };
}

function parametersOf({ audience, scopes, resource, endpointParams }: OAuth2Config): URLSearchParams {
  const parameters = new URLSearchParams();
  if (audience !== undefined) parameters.set('audience', audience);
  if (scopes.length > 0) parameters.set('scope', scopes.join(' '));
  if (resource !== undefined) parameters.set('resource', resource);
  for (const [name, value] of Object.entries(endpointParams)) parameters.set(name, value.open());
  return parameters;
}

/** More audiences than a message shows. */
const maxAudiences = 100;

/**
 * Redacts the audiences, which messages quote: a provider may put a part of the request into them. Keeps the configured
 * audience, if the token has it, and the first ones of the others.
 */
function redacted({ audiences, ...token }: Token, reply: Reply | undefined, { audience }: OAuth2Config): Token {
  const masked = reply?.kind === 'answer' ? reply.masked : (text: string) => text;
  const kept = audiences
    ?.toSorted((one, other) => Number(other === audience) - Number(one === audience))
    .slice(0, maxAudiences)
    .map(masked);
  return { ...token, ...omitUndefined({ audiences: kept }) };
}
