import { randomUUID } from 'node:crypto';
import type { ReceivedTokenRequest } from './received-token-request.ts';
import { type HttpReply, html, json } from './replies.ts';

/** A confidential client registered with the provider. */
export interface RegisteredClient {
  readonly clientId: string;
  readonly clientSecret: string;
  /** PEM. The client may send an assertion signed with its key instead of the secret. */
  readonly certificate?: string;
  /** Keycloak: the audience that its mapper adds. SaaS: the audiences it may request. Entra ID: further resources. */
  readonly audience?: string | readonly string[];
  /** Keycloak: the scopes it may request. */
  readonly scopes?: readonly string[];
}

/** A token request, and the client that signed its assertion. */
export interface CheckedRequest extends ReceivedTokenRequest {
  readonly assertedBy: string | undefined;
}

export type RefusalKind = 'invalid_client' | 'invalid_scope' | 'invalid_audience' | 'invalid_request';

export interface Refusal {
  readonly kind: RefusalKind;
  readonly reply: HttpReply;
}

export interface Grant {
  readonly client: RegisteredClient;
  readonly audience: string | readonly string[];
  /** Further claims of the token. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Further fields of the token response. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** By client id. */
type Clients = ReadonlyMap<string, RegisteredClient>;

/** What differs from one provider to another. Paths begin with a slash; the issuer is the origin plus its path. */
export interface Flavour {
  readonly issuerPath: string;
  readonly tokenPath: string;
  readonly keysPath: string;
  /** Seconds. */
  readonly tokenLifetime: number;
  /** Whether an assertion must have the thumbprint of its certificate. */
  readonly needsThumbprint: boolean;
  readonly decide: (request: CheckedRequest, clients: Clients) => Grant | Refusal;
  readonly notFound: () => HttpReply;
}

const refuse = (kind: RefusalKind, reply: HttpReply): Refusal => ({ kind, reply });

const error = (status: number, code: string, description: string): HttpReply =>
  json(status, { error: code, error_description: description }, { 'cache-control': 'no-store' });

const authenticated = (request: CheckedRequest, clients: Clients): RegisteredClient | undefined => {
  const client = clients.get(request.clientId ?? '');
  const isProven = client?.clientSecret === request.clientSecret || client?.clientId === request.assertedBy;
  return isProven ? client : undefined;
};

const audiencesOf = (client: RegisteredClient): readonly string[] => [client.audience ?? []].flat();

const isForm = ({ contentType }: ReceivedTokenRequest) => contentType === 'application/x-www-form-urlencoded';

/** Keycloak 26. Ignores `audience`. The errors for a wrong secret and for an unknown scope are those of a real one. */
export const keycloak = (realm: string): Flavour => ({
  issuerPath: `/realms/${realm}`,
  tokenPath: `/realms/${realm}/protocol/openid-connect/token`,
  keysPath: `/realms/${realm}/protocol/openid-connect/certs`,
  tokenLifetime: 300,
  needsThumbprint: false,
  decide: decideAsKeycloak,
  notFound: () => json(404, { error: 'Realm does not exist' }),
});

function decideAsKeycloak(request: CheckedRequest, clients: Clients): Grant | Refusal {
  if (!isForm(request)) return refuse('invalid_request', json(415, { error: 'HTTP 415 Unsupported Media Type' }));
  if (request.grantType !== 'client_credentials') {
    return refuse(
      'invalid_request',
      request.grantType === undefined
        ? error(400, 'invalid_request', 'Missing form parameter: grant_type')
        : error(400, 'unsupported_grant_type', 'Unsupported grant_type'),
    );
  }
  const client = authenticated(request, clients);
  if (client === undefined && request.clientAssertion !== undefined) {
    return refuse(
      'invalid_client',
      error(
        400,
        'invalid_client',
        'Client authentication with signed JWT failed: Signature on JWT token failed validation',
      ),
    );
  }
  if (client === undefined) {
    const description = 'Invalid client or Invalid client credentials';
    return refuse('invalid_client', error(401, 'unauthorized_client', description));
  }
  const known = ['openid', 'profile', 'email', ...(client.scopes ?? [])];
  const asked = request.scope?.split(' ').filter((scope) => scope !== '') ?? [];
  if (!asked.every((scope) => known.includes(scope))) {
    return refuse('invalid_scope', error(400, 'invalid_scope', `Invalid scopes: ${asked.join(' ')}`));
  }
  const scope = [...new Set([...asked, 'profile', 'email'])].join(' ');
  return {
    client,
    audience: client.audience ?? 'account',
    claims: { typ: 'Bearer', azp: client.clientId, client_id: client.clientId, scope },
    fields: { refresh_expires_in: 0, 'not-before-policy': 0, scope },
  };
}

/** Microsoft Entra ID, v2.0 endpoint. The token's audience is the app id whose `/.default` scope was requested. */
export const entra = (tenant: string): Flavour => ({
  issuerPath: `/${tenant}/v2.0`,
  tokenPath: `/${tenant}/oauth2/v2.0/token`,
  keysPath: `/${tenant}/discovery/v2.0/keys`,
  tokenLifetime: 3_599,
  needsThumbprint: true,
  decide: (request, clients) => decideAsEntra(tenant, request, clients),
  notFound: () => ({ status: 404, headers: {}, body: '' }),
});

function decideAsEntra(tenant: string, request: CheckedRequest, clients: Clients): Grant | Refusal {
  const missing = entraMissing(request);
  if (missing !== undefined) {
    const description = `The request body must contain the following parameter: '${missing}'.`;
    return refuse('invalid_request', entraError(400, 'invalid_request', 900144, description));
  }
  if (request.grantType !== 'client_credentials') {
    const description = `The app requested an unsupported grant type '${request.grantType}'.`;
    return refuse('invalid_request', entraError(400, 'unsupported_grant_type', 70003, description));
  }
  const { scope = '', clientId = '' } = request;
  if (!scope.endsWith('/.default')) {
    const description = `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`;
    return refuse('invalid_scope', entraError(400, 'invalid_scope', 1002012, description));
  }
  if (!clients.has(clientId)) {
    const description = `Application with identifier '${clientId}' was not found in the directory '${tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`;
    return refuse('invalid_client', entraError(400, 'unauthorized_client', 700016, description));
  }
  const client = authenticated(request, clients);
  if (client === undefined) return refuse('invalid_client', entraUnauthenticated(request));
  const resource = scope.slice(0, -'/.default'.length).replace(/^api:\/\//, '');
  if (!clients.has(resource) && !audiencesOf(client).includes(resource)) {
    const description = `The resource principal named ${resource} was not found in the tenant named ${tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`;
    return refuse('invalid_scope', entraError(400, 'invalid_resource', 500011, description));
  }
  return {
    client,
    audience: resource,
    claims: { azp: clientId, azpacr: '1', oid: clientId, tid: tenant, ver: '2.0' },
    fields: { ext_expires_in: 3_599 },
  };
}

function entraUnauthenticated({ clientId, clientAssertion }: CheckedRequest): HttpReply {
  if (clientAssertion !== undefined) {
    const description =
      'The certificate with identifier used to sign the client assertion is not registered on application.';
    return entraError(401, 'invalid_client', 700027, description);
  }
  const description = `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${clientId}'.`;
  return entraError(401, 'invalid_client', 7000215, description);
}

function entraMissing({
  grantType,
  clientId,
  clientSecret,
  clientAssertion,
  scope,
}: ReceivedTokenRequest): string | undefined {
  if (grantType === undefined) return 'grant_type';
  if (clientId === undefined) return 'client_id';
  if (scope === undefined) return 'scope';
  return clientSecret === undefined && clientAssertion === undefined
    ? "client_assertion' or 'client_secret"
    : undefined;
}

function entraError(status: number, code: string, number: number, description: string): HttpReply {
  const [traceId, correlationId] = [randomUUID(), randomUUID()];
  const timestamp = new Date()
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
  const trace = `Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`;
  const body = {
    error: code,
    error_description: `AADSTS${number}: ${description} ${trace}`,
    error_codes: [number],
    timestamp,
    trace_id: traceId,
    correlation_id: correlationId,
    error_uri: `https://login.microsoftonline.com/error?code=${number}`,
  };
  return json(status, body, { 'cache-control': 'no-store, no-cache' });
}

/** Camunda SaaS, which uses Auth0. Requires an audience; accepts JSON and form bodies. */
export const saas = (): Flavour => ({
  issuerPath: '/',
  tokenPath: '/oauth/token',
  keysPath: '/.well-known/jwks.json',
  tokenLifetime: 86_400,
  needsThumbprint: false,
  decide: decideAsSaas,
  notFound: () => html(404, '404 Not Found'),
});

function decideAsSaas(request: CheckedRequest, clients: Clients): Grant | Refusal {
  if (request.grantType !== 'client_credentials') {
    const description = `Grant type '${request.grantType ?? ''}' not allowed for the client.`;
    return refuse('invalid_request', error(403, 'unauthorized_client', description));
  }
  const client = authenticated(request, clients);
  if (client === undefined) return refuse('invalid_client', error(401, 'access_denied', 'Unauthorized'));
  const { audience } = request;
  if (audience === undefined) {
    const description = 'Non-global clients are not allowed access to APIv1';
    return refuse('invalid_audience', error(403, 'access_denied', description));
  }
  if (!audiencesOf(client).includes(audience)) {
    const description = `Service not enabled within domain: ${audience}`;
    return refuse('invalid_audience', error(403, 'access_denied', description));
  }
  return { client, audience, claims: { azp: client.clientId, gty: 'client-credentials' }, fields: {} };
}
