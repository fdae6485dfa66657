import {
  type AuthorizationServer,
  clientCredentialsGrantRequest,
  discoveryRequest,
  processClientCredentialsResponse,
  processDiscoveryResponse,
} from 'oauth4webapi';
import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import type { OAuth2Config } from '../config/config.ts';
import { oneLine } from '../redact.ts';
import type { InvolvedProxy } from '../transport/proxy.ts';
import type { AuthFailure, TokenFailureReason } from './auth-failure.ts';
import { clientAuthOf, secretsOfRequests } from './client-authentication.ts';
import { type Token, tokenOf } from './token.ts';
import { refusalOf, unanswered, unreadableBody } from './token-failure.ts';
import { type Exchange, essentialsOf, jsonObject, recordExchange, retryAfterOf } from './token-request.ts';

/** A token request really sent, for the metrics. */
export interface TokenRequest {
  readonly seconds: number;
  readonly failure?: TokenFailureReason;
}

export interface TokenRefusal {
  readonly ok: false;
  readonly failure: AuthFailure<TokenFailureReason>;
  /** The proxy that it may be the fault of. */
  readonly proxy?: InvolvedProxy;
  /** Milliseconds, where the endpoint said when to ask again. */
  readonly retryAfter?: number;
  /** Absent where none was sent: discovery failed, or the time had run out. */
  readonly request?: TokenRequest;
}

export type TokenAnswer = { readonly ok: true; readonly token: Token; readonly request: TokenRequest } | TokenRefusal;

interface Discovered {
  readonly ok: true;
  readonly server: AuthorizationServer;
}

/** Asks for one token by client credentials (RFC 6749, 4.4). Never rejects. */
export type TokenEndpoint = (signal: AbortSignal) => Promise<TokenAnswer>;

export function createTokenEndpoint(config: OAuth2Config, dispatcher: Dispatcher, clock: Clock): TokenEndpoint {
  const secrets = secretsOfRequests(config);
  const clientAuth = clientAuthOf(config);

  const ask = async (server: AuthorizationServer, signal: AbortSignal): Promise<TokenAnswer> => {
    const asked = `POST ${withoutQuery(server.token_endpoint ?? '')}`;
    if (signal.aborted) return { ok: false, ...unanswered(signal.reason, asked) };
    const requested = { url: new URL(server.token_endpoint ?? server.issuer), transport: config.transport };
    const { options, exchange } = recordExchange({ dispatcher, signal, secrets, rewrite: essentialsOf });
    const client = { client_id: config.clientId };
    const startedAt = clock.monotonic();
    const seconds = () => (clock.monotonic() - startedAt) / 1000;
    try {
      const response = await clientCredentialsGrantRequest(server, client, clientAuth, parametersOf(config), options);
      const { access_token, expires_in } = await processClientCredentialsResponse(server, client, response);
      const token = tokenOf(access_token, expires_in, clock.now());
      // They are quoted, and a provider may put what it was sent into them.
      const audiences = quotable(token.audiences, config)?.map((audience) => exchange()?.hide(audience) ?? audience);
      return { ok: true, token: { ...token, ...(audiences && { audiences }) }, request: { seconds: seconds() } };
    } catch (error) {
      const answered = exchange();
      const refused = answered ? { failure: refusalOf(answered, asked, config) } : unanswered(error, asked, requested);
      return {
        ok: false,
        ...refused,
        ...retryAfter(answered?.retryAfter, clock),
        request: { seconds: seconds(), failure: refused.failure.reason },
      };
    }
  };

  /** OpenID Connect Discovery 1.0, 4. */
  const discover = async (issuer: URL, signal: AbortSignal): Promise<Discovered | TokenRefusal> => {
    const { options, exchange } = recordExchange({ dispatcher, signal, secrets, rewrite: endpointsOf });
    try {
      const server = await processDiscoveryResponse(
        issuer,
        await discoveryRequest(issuer, { ...options, algorithm: 'oidc' }),
      );
      const token_endpoint = tokenEndpointOf(server, config);
      if (isFitFor(issuer, token_endpoint)) return { ok: true, server: { issuer: server.issuer, token_endpoint } };
      throw new Error('the discovery document names no token endpoint');
    } catch (error) {
      const asked = `discovery from issuer ${issuer}`;
      const answered = exchange();
      if (!answered) {
        return { ok: false, ...unanswered(error, asked, { url: issuer, transport: config.transport }) };
      }
      const failure = answered.status < 300 ? invalidDocument(answered, asked) : refusalOf(answered, asked, config);
      return { ok: false, failure, ...retryAfter(answered.retryAfter, clock) };
    }
  };

  let discovered: AuthorizationServer | undefined;
  return async (signal) => {
    const { endpoint } = config;
    if ('tokenUrl' in endpoint) {
      const { href, origin } = endpoint.tokenUrl;
      return ask({ issuer: origin, token_endpoint: href }, signal);
    }
    if (!discovered) {
      const found = await discover(endpoint.issuerUrl, signal);
      if (!found.ok) return found;
      discovered = found.server;
    }
    const answer = await ask(discovered, signal);
    // The provider may have moved its endpoint: the next request looks again.
    if (!answer.ok) discovered = undefined;
    return answer;
  };
}

/** The fields of a discovery document that matter; the others may be whatever they are. */
function endpointsOf({ issuer, token_endpoint, mtls_endpoint_aliases }: Readonly<Record<string, unknown>>): unknown {
  return { issuer, token_endpoint, mtls_endpoint_aliases };
}

/** Who asks for https must not see the secret leave by http, whatever the document says. */
function isFitFor(issuer: URL, tokenEndpoint: string): boolean {
  const protocol = URL.parse(tokenEndpoint)?.protocol;
  return protocol === 'https:' || (protocol === 'http:' && issuer.protocol === 'http:');
}

/** Providers may have another one for clients that show a certificate (RFC 8705, 5). */
function tokenEndpointOf(
  { token_endpoint = '', mtls_endpoint_aliases }: AuthorizationServer,
  { clientAuthentication }: OAuth2Config,
): string {
  const alias: unknown = mtls_endpoint_aliases?.token_endpoint;
  return clientAuthentication.method === 'tls_client_auth' && typeof alias === 'string' ? alias : token_endpoint;
}

/** Queries may hold keys. */
function withoutQuery(endpoint: string): string {
  const url = URL.parse(endpoint);
  return url ? oneLine(`${url.origin}${url.pathname}`) : 'that is no URL';
}

function parametersOf({ audience, scopes, resource, endpointParams }: OAuth2Config): URLSearchParams {
  const parameters = new URLSearchParams();
  if (audience !== undefined) parameters.set('audience', audience);
  if (scopes.length > 0) parameters.set('scope', scopes.join(' '));
  if (resource !== undefined) parameters.set('resource', resource);
  for (const [name, value] of Object.entries(endpointParams)) parameters.set(name, value.open());
  return parameters;
}

/** The configured audience, if the token has it, and others up to more than a message shows. */
function quotable(audiences: readonly string[] | undefined, { audience }: OAuth2Config): readonly string[] | undefined {
  return audiences?.toSorted((one, other) => Number(other === audience) - Number(one === audience)).slice(0, 100);
}

function invalidDocument(exchange: Exchange, asked: string): AuthFailure<TokenFailureReason> {
  const { issuer, token_endpoint } = jsonObject(exchange.body) ?? {};
  const unreadable = unreadableBody(exchange);
  const byHttp = typeof token_endpoint === 'string' && /^http:/i.test(token_endpoint);
  const found = unreadable
    ? unreadable.message
    : typeof issuer !== 'string'
      ? 'no such document'
      : byHttp && /^https:/i.test(issuer)
        ? `one that has https at the issuer and not at the token_endpoint ${withoutQuery(token_endpoint)}`
        : `a document of issuer ${oneLine(exchange.hide(issuer))}`;
  return {
    reason: 'token_response_invalid',
    message: `${asked} answered ${exchange.status}, expected its OpenID configuration with a token_endpoint, got ${found}`,
    remedy:
      unreadable?.remedy ??
      'set oauth2.issuer_url to the issuer exactly as the identity provider names it, or oauth2.token_url instead',
  };
}

function retryAfter(header: string | undefined, clock: Clock): Pick<TokenRefusal, 'retryAfter'> {
  const delay = retryAfterOf(header ?? '', clock.now());
  return delay === undefined ? {} : { retryAfter: delay };
}
