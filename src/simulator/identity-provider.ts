import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createLocalJWKSet, type JSONWebKeySet, SignJWT } from 'jose';
import { assertedBy } from './client-assertion.ts';
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
import type { HttpFault } from './http-fault.ts';
import { faultAnswer } from './http-fault.ts';
import { html, json } from './replies.ts';
import { createThrottle, saasThrottle, type ThrottleOptions } from './saas-throttle.ts';
import { type ServerAnswer, type ServerOptions, startServer } from './simulator-server.ts';
import { createTimeline, type Script } from './timeline.ts';
import { readTokenRequest } from './token-request.ts';
import { type WallClock, wallClock } from './wall-clock.ts';

export interface IdentityProviderOptions extends ServerOptions {
  /** Default `keycloak`. */
  readonly flavour?: 'keycloak' | 'entra' | 'saas';
  /** Keycloak's realm, default `camunda-platform`. */
  readonly realm?: string;
  /** Entra ID's tenant, default a made-up one. */
  readonly tenant?: string;
  readonly clients: readonly RegisteredClient[];
  /** Seconds; default the flavour's own. */
  readonly tokenLifetime?: number;
  /** Default `jwt`. Opaque ones are random; `introspect` knows the JWT behind each. */
  readonly tokens?: 'jwt' | 'opaque';
  /** How `expires_in` is sent; RFC 6749 only recommends it. Default `number`. */
  readonly expiresIn?: 'number' | 'string' | 'missing';
  /** SaaS's limits; `false` turns them off. Other flavours have none. */
  readonly throttle?: Partial<ThrottleOptions> | false;
  readonly script?: Script<IdentityProviderEvent>;
  readonly clock?: WallClock;
}

export type IdentityProviderEvent =
  | { readonly type: 'secret-rotates'; readonly clientId: string; readonly clientSecret: string }
  | { readonly type: 'audience-changes'; readonly clientId: string; readonly audience: string }
  /** A new key signs; the old one is no longer published, so that its tokens are refused. */
  | { readonly type: 'keys-rotate' }
  | { readonly type: 'http-fault'; readonly fault: HttpFault }
  | { readonly type: 'http-recovers' };

export type TokenOutcome = 'issued' | 'rate_limited' | 'fault' | RefusalKind;

export interface IdentityProvider extends TokenIssuer {
  /** Those that are published. */
  readonly keys: () => JSONWebKeySet;
  readonly tokenUrl: string;
  readonly apply: (event: IdentityProviderEvent) => void;
  /** Token requests by outcome, for tests. */
  readonly requests: () => Readonly<Record<TokenOutcome, number>>;
  readonly close: () => Promise<void>;
}

/** A token endpoint, discovery (OpenID Connect) and keys, listening. Rejects as `server.listen` does. */
export async function startIdentityProvider(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const { clock = wallClock, tokens = 'jwt', expiresIn = 'number' } = options;
  const flavour = flavourOf(options);
  const lifetime = options.tokenLifetime ?? flavour.tokenLifetime;
  const clients = new Map(options.clients.map((client) => [client.clientId, client]));
  const throttled = options.flavour === 'saas' && options.throttle !== false;
  const throttle = throttled ? createThrottle({ ...saasThrottle, ...(options.throttle || {}) }) : undefined;
  const jwtOf = new Map<string, string>();
  const counts: Record<TokenOutcome, number> = {
    issued: 0,
    rate_limited: 0,
    fault: 0,
    invalid_client: 0,
    invalid_scope: 0,
    invalid_audience: 0,
    invalid_request: 0,
  };
  let signing = newSigningKey();
  let fault: HttpFault | undefined;

  const timeline = createTimeline(options.script ?? { events: [] }, handle);
  const startedAt = clock.now();
  const advance = () => timeline.advance(clock.now() - startedAt);

  function handle(event: IdentityProviderEvent): void {
    switch (event.type) {
      case 'secret-rotates':
        clients.set(event.clientId, { ...clientOf(event.clientId), clientSecret: event.clientSecret });
        break;
      case 'audience-changes':
        clients.set(event.clientId, { ...clientOf(event.clientId), audience: event.audience });
        break;
      case 'keys-rotate':
        signing = newSigningKey();
        break;
      case 'http-fault':
        fault = event.fault;
        break;
      case 'http-recovers':
        fault = undefined;
        break;
    }
  }

  function clientOf(clientId: string): RegisteredClient {
    const client = clients.get(clientId);
    if (client === undefined) throw new RangeError(`There is no client ${clientId}.`);
    return client;
  }

  async function issue({ client, audience, claims, fields }: Grant) {
    const now = Math.floor(clock.now() / 1000);
    const jwt = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: signing.kid })
      .setIssuer(issuerUrl)
      .setSubject(client.clientId)
      .setAudience(typeof audience === 'string' ? audience : [...audience])
      .setIssuedAt(now)
      .setExpirationTime(now + lifetime)
      .setJti(randomUUID())
      .sign(signing.privateKey);
    const token = tokens === 'jwt' ? jwt : randomUUID();
    if (token !== jwt) jwtOf.set(token, jwt);
    return {
      access_token: token,
      ...(expiresIn !== 'missing' && { expires_in: expiresIn === 'string' ? `${lifetime}` : lifetime }),
      token_type: 'Bearer',
      ...fields,
    };
  }

  async function answerTokenRequest(request: IncomingMessage, gone: AbortSignal): Promise<ServerAnswer> {
    const body = Buffer.concat(await request.toArray()).toString();
    if (throttle?.admits(request.socket.remoteAddress ?? '', clock.now()) === false) {
      counts.rate_limited += 1;
      return html(429, '429 Too Many Requests');
    }
    const tokenRequest = readTokenRequest(request.headers, body);
    const rules = { clients, audiences: [issuerUrl, tokenUrl], byThumbprint: flavour.byThumbprint };
    const asserted = await assertedBy(tokenRequest.clientAssertion, { ...rules, now: new Date(clock.now()) });
    const decision = flavour.decide({ ...tokenRequest, assertedBy: asserted }, clients);
    if ('reply' in decision) {
      counts[decision.kind] += 1;
      const credentials = JSON.stringify([tokenRequest.clientId, tokenRequest.clientSecret]);
      const delay = decision.reply.status === 401 ? throttle?.delayOfRefusal(credentials) : undefined;
      if (delay) await clock.sleep(delay, gone);
      return decision.reply;
    }
    counts.issued += 1;
    return json(200, await issue(decision), { 'cache-control': 'no-store', pragma: 'no-cache' });
  }

  const server = await startServer(options, (request, gone): ServerAnswer | Promise<ServerAnswer> => {
    advance();
    const path = new URL(request.url ?? '/', 'http://provider').pathname;
    if (fault !== undefined) {
      if (path === flavour.tokenPath) counts.fault += 1;
      return faultAnswer(fault, path);
    }
    if (path === flavour.tokenPath && request.method === 'POST') return answerTokenRequest(request, gone);
    if (path === flavour.keysPath) return json(200, keys());
    if (path === `${flavour.issuerPath}/.well-known/openid-configuration`.replace('//', '/')) {
      return json(200, {
        issuer: issuerUrl,
        token_endpoint: tokenUrl,
        jwks_uri: `${server.origin}${flavour.keysPath}`,
        grant_types_supported: ['client_credentials'],
        token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      });
    }
    return flavour.notFound();
  });
  const issuerUrl = `${server.origin}${flavour.issuerPath}`;
  const tokenUrl = `${server.origin}${flavour.tokenPath}`;

  function keys(): JSONWebKeySet {
    advance();
    const { kid, publicKey } = signing;
    return { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }] };
  }

  return {
    issuerUrl,
    tokenUrl,
    keys,
    keyOf: (header, token) => createLocalJWKSet(keys())(header, token),
    introspect: (token) => jwtOf.get(token) ?? token,
    apply(event) {
      advance();
      handle(event);
    },
    requests: () => ({ ...counts }),
    close: server.close,
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

function newSigningKey(): { readonly kid: string; readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return { kid: randomUUID(), ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
}
