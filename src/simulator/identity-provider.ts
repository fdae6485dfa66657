import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { clientOfAssertion } from './client-assertion.ts';
import type { TokenIssuer } from './cluster-authentication.ts';
import {
  entra,
  type Flavour,
  type Grant,
  keycloak,
  type RefusalKind,
  type RegisteredClient,
  saas,
} from './flavours.ts';
import { faultAnswer, type HttpFault } from './http-fault.ts';
import { readTokenRequest } from './received-token-request.ts';
import { type HttpReply, html, json } from './replies.ts';
import { createThrottle, saasThrottle, type Throttle, type ThrottleOptions } from './saas-throttle.ts';
import { type ServerAnswer, type ServerOptions, startServer } from './simulator-server.ts';
import { createTimeline, type Script } from './timeline.ts';
import { keySetOf, newSigningKey, signToken, type TokenSigningKey } from './token-signing.ts';
import { type WallClock, wallClock } from './wall-clock.ts';

export interface IdentityProviderOptions extends ServerOptions {
  /** Default `keycloak`. */
  readonly flavour?: 'keycloak' | 'entra' | 'saas';
  /** Keycloak's realm. Default `camunda-platform`. */
  readonly realm?: string;
  /** Entra ID's tenant. Default: an invented one. */
  readonly tenant?: string;
  readonly clients: readonly RegisteredClient[];
  /** Seconds. Default: the flavour's own. */
  readonly tokenLifetime?: number;
  /** Default `jwt`. Opaque tokens are random; `introspect` returns the JWT behind each. */
  readonly tokens?: 'jwt' | 'opaque';
  /** The form of `expires_in`, which RFC 6749 only recommends. Default `number`. */
  readonly expiresIn?: 'number' | 'string' | 'missing';
  /** The rate limits of SaaS; `false` turns them off. Other flavours have none. */
  readonly throttle?: Partial<ThrottleOptions> | false;
  readonly script?: Script<IdentityProviderEvent>;
  readonly clock?: WallClock;
}

export type IdentityProviderEvent =
  | { readonly type: 'secret-rotates'; readonly clientId: string; readonly clientSecret: string }
  | { readonly type: 'audience-changes'; readonly clientId: string; readonly audience: string }
  /** A new key signs. The old one is no longer published, so its tokens are rejected. */
  | { readonly type: 'keys-rotate' }
  | { readonly type: 'http-fault'; readonly fault: HttpFault }
  | { readonly type: 'http-recovers' };

export type TokenOutcome = 'issued' | 'rate_limited' | 'fault' | RefusalKind;

export interface IdentityProvider extends TokenIssuer {
  /** Returns the published keys. */
  readonly keys: () => JSONWebKeySet;
  readonly tokenUrl: string;
  readonly apply: (event: IdentityProviderEvent) => void;
  /** Token requests by outcome, for tests. */
  readonly requests: () => Readonly<Record<TokenOutcome, number>>;
  readonly close: () => Promise<void>;
}

/** What the events of an identity provider change. */
interface ProviderState {
  readonly clients: Map<string, RegisteredClient>;
  signingKey: TokenSigningKey;
  fault: HttpFault | undefined;
}

/** What the answers depend on. */
interface Provider {
  readonly options: IdentityProviderOptions;
  readonly flavour: Flavour;
  readonly clock: WallClock;
  readonly state: ProviderState;
  readonly throttle: Throttle | undefined;
  /** The JWT behind each opaque token. */
  readonly jwtOf: Map<string, string>;
  readonly counts: Record<TokenOutcome, number>;
  readonly urls: () => ProviderUrls;
}

interface ProviderUrls {
  readonly issuer: string;
  readonly token: string;
  readonly keys: string;
}

/** Starts a server with a token endpoint, OpenID Connect discovery and keys. Rejects as `server.listen` does. */
export async function startIdentityProvider(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const provider = createProvider(options, () => server.origin);
  const { clock, state, jwtOf, counts } = provider;
  const timeline = createTimeline<IdentityProviderEvent>(options.script ?? { events: [] }, (event) =>
    applyEvent(state, event),
  );
  const startedAt = clock.now();
  const advance = () => timeline.advance(clock.now() - startedAt);
  const server = await startServer(options, (request, disconnected) => {
    advance();
    return answer(provider, request, disconnected);
  });
  const keys = () => {
    advance();
    return keySetOf(state.signingKey);
  };
  const { issuer, token } = provider.urls();
  return {
    issuerUrl: issuer,
    tokenUrl: token,
    keys,
    keyOf: (header, signed) => createLocalJWKSet(keys())(header, signed),
    introspect: (opaque) => jwtOf.get(opaque) ?? opaque,
    apply: (event) => {
      advance();
      applyEvent(state, event);
    },
    requests: () => ({ ...counts }),
    close: server.close,
  };
}

function createProvider(options: IdentityProviderOptions, origin: () => string): Provider {
  const flavour = flavourOf(options);
  const clients = new Map(options.clients.map((client) => [client.clientId, client]));
  const isThrottled = options.flavour === 'saas' && options.throttle !== false;
  return {
    options,
    flavour,
    clock: options.clock ?? wallClock,
    state: { clients, signingKey: newSigningKey(), fault: undefined },
    throttle: isThrottled ? createThrottle({ ...saasThrottle, ...(options.throttle || {}) }) : undefined,
    jwtOf: new Map(),
    counts: {
      issued: 0,
      rate_limited: 0,
      fault: 0,
      invalid_client: 0,
      invalid_scope: 0,
      invalid_audience: 0,
      invalid_request: 0,
    },
    urls: () => ({
      issuer: `${origin()}${flavour.issuerPath}`,
      token: `${origin()}${flavour.tokenPath}`,
      keys: `${origin()}${flavour.keysPath}`,
    }),
  };
}

function applyEvent(state: ProviderState, event: IdentityProviderEvent): void {
  const { clients } = state;
  switch (event.type) {
    case 'secret-rotates':
      clients.set(event.clientId, { ...findClient(state, event.clientId), clientSecret: event.clientSecret });
      break;
    case 'audience-changes':
      clients.set(event.clientId, { ...findClient(state, event.clientId), audience: event.audience });
      break;
    case 'keys-rotate':
      state.signingKey = newSigningKey();
      break;
    case 'http-fault':
      state.fault = event.fault;
      break;
    case 'http-recovers':
      state.fault = undefined;
      break;
  }
}

function findClient({ clients }: ProviderState, clientId: string): RegisteredClient {
  const client = clients.get(clientId);
  if (client === undefined) throw new RangeError(`There is no client ${clientId}.`);
  return client;
}

function answer(
  provider: Provider,
  request: IncomingMessage,
  disconnected: AbortSignal,
): ServerAnswer | Promise<ServerAnswer> {
  const { flavour, state, counts } = provider;
  const path = new URL(request.url ?? '/', 'http://provider').pathname;
  if (state.fault !== undefined) {
    if (path === flavour.tokenPath) counts.fault += 1;
    return faultAnswer(state.fault, path);
  }
  if (path === flavour.tokenPath && request.method === 'POST')
    return answerTokenRequest(provider, request, disconnected);
  if (path === flavour.keysPath) return json(200, keySetOf(state.signingKey));
  if (path === `${flavour.issuerPath}/.well-known/openid-configuration`.replace('//', '/')) {
    return discoveryDocument(provider.urls());
  }
  return flavour.notFound();
}

function discoveryDocument({ issuer, token, keys }: ProviderUrls): HttpReply {
  return json(200, {
    issuer,
    token_endpoint: token,
    jwks_uri: keys,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
  });
}

async function answerTokenRequest(
  provider: Provider,
  request: IncomingMessage,
  disconnected: AbortSignal,
): Promise<ServerAnswer> {
  const { flavour, clock, throttle, counts, urls } = provider;
  const { clients } = provider.state;
  const body = Buffer.concat(await request.toArray()).toString();
  if (throttle?.admits(request.socket.remoteAddress ?? '', clock.now()) === false) {
    counts.rate_limited += 1;
    return html(429, '429 Too Many Requests');
  }
  const tokenRequest = readTokenRequest(request.headers, body);
  const assertedBy = await clientOfAssertion(tokenRequest.clientAssertion, {
    clients,
    audiences: [urls().issuer, urls().token],
    needsThumbprint: flavour.needsThumbprint,
    now: new Date(clock.now()),
  });
  const decision = flavour.decide({ ...tokenRequest, assertedBy }, clients);
  if ('reply' in decision) {
    counts[decision.kind] += 1;
    const credentials = JSON.stringify([tokenRequest.clientId, tokenRequest.clientSecret]);
    const delay = decision.reply.status === 401 ? throttle?.delayOfRefusal(credentials) : undefined;
    if (delay) await clock.sleep(delay, disconnected);
    return decision.reply;
  }
  counts.issued += 1;
  return json(200, await tokenResponse(provider, decision), { 'cache-control': 'no-store', pragma: 'no-cache' });
}

async function tokenResponse({ options, flavour, clock, state, jwtOf, urls }: Provider, grant: Grant) {
  const { tokens = 'jwt', expiresIn = 'number', tokenLifetime: lifetime = flavour.tokenLifetime } = options;
  const context = { key: state.signingKey, issuerUrl: urls().issuer, now: clock.now(), lifetime };
  const jwt = await signToken(grant, context);
  const token = tokens === 'jwt' ? jwt : randomUUID();
  if (token !== jwt) jwtOf.set(token, jwt);
  return {
    access_token: token,
    ...(expiresIn !== 'missing' && { expires_in: expiresIn === 'string' ? `${lifetime}` : lifetime }),
    token_type: 'Bearer',
    ...grant.fields,
  };
}

function flavourOf(options: IdentityProviderOptions): Flavour {
  switch (options.flavour ?? 'keycloak') {
    case 'keycloak':
      return keycloak(options.realm ?? 'camunda-platform');
    case 'entra':
      return entra(options.tenant ?? '5b8e1c9a-3f47-4a0e-9d26-7c1e8f0a6b3d');
    case 'saas':
      return saas();
  }
}
