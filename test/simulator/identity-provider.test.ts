import { once } from 'node:events';
import { connect } from 'node:net';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type IdentityProvider,
  type IdentityProviderOptions,
  startIdentityProvider,
} from '../../src/simulator/identity-provider.ts';
import { loopbackCertificate } from './loopback-certificate.ts';
import { manualClock } from './manual-clock.ts';

const client = { clientId: 'exporter', clientSecret: 'p+w:%&ü', audience: 'zeebe-api' };
const right = { grant_type: 'client_credentials', client_id: client.clientId, client_secret: client.clientSecret };
const wrong = { ...right, client_secret: 'wrong' };

const started: IdentityProvider[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((provider) => provider.close()));
});

async function start(options: Partial<IdentityProviderOptions> = {}): Promise<IdentityProvider> {
  const provider = await startIdentityProvider({ clients: [client], ...options });
  started.push(provider);
  return provider;
}

const ask = (provider: IdentityProvider, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(provider.tokenUrl, { method: 'POST', body: new URLSearchParams(form), headers });

const bodyOf = async (answer: Promise<Response> | Response): Promise<Record<string, unknown>> => {
  const body: unknown = await (await answer).json();
  return Object.fromEntries(Object.entries(body ?? {}));
};

const tokenOf = async (provider: IdentityProvider, form: Record<string, string> = right): Promise<string> =>
  String((await bodyOf(ask(provider, form))).access_token);

describe('the simulated Keycloak', () => {
  it('issues a token with the claims and the response with the fields of a real one', async () => {
    const provider = await start();
    const answer = await bodyOf(ask(provider, right));
    expect(answer).toMatchObject({
      expires_in: 300,
      refresh_expires_in: 0,
      token_type: 'Bearer',
      'not-before-policy': 0,
      scope: 'profile email',
    });
    const claims = decodeJwt(String(answer.access_token));
    expect(claims).toMatchObject({ iss: provider.issuerUrl, aud: 'zeebe-api', azp: 'exporter', sub: 'exporter' });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(300);
  });

  it('publishes discovery and the key that verifies the token', async () => {
    const provider = await start({ realm: 'demo' });
    expect(provider.issuerUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/realms\/demo$/);
    const discovery = await bodyOf(fetch(`${provider.issuerUrl}/.well-known/openid-configuration`));
    expect(discovery).toMatchObject({
      issuer: provider.issuerUrl,
      token_endpoint: `${provider.issuerUrl}/protocol/openid-connect/token`,
    });
    const keys = createRemoteJWKSet(new URL(String(discovery.jwks_uri)));
    const { payload } = await jwtVerify(await tokenOf(provider), keys, { issuer: provider.issuerUrl });
    expect(payload.aud).toBe('zeebe-api');
  });

  it('accepts client_secret_basic with form-encoded credentials', async () => {
    const encoded = [client.clientId, client.clientSecret].map(encodeURIComponent).join(':');
    const authorization = `Basic ${Buffer.from(encoded).toString('base64')}`;
    const answer = await ask(await start(), { grant_type: 'client_credentials' }, { authorization });
    expect(answer.status).toBe(200);
  });

  it('ignores the requested audience', async () => {
    const token = await tokenOf(await start(), { ...right, audience: 'something-else' });
    expect(decodeJwt(token).aud).toBe('zeebe-api');
  });

  it('sets the audience account if the client has no mapper', async () => {
    const provider = await start({ clients: [{ clientId: client.clientId, clientSecret: client.clientSecret }] });
    expect(decodeJwt(await tokenOf(provider)).aud).toBe('account');
  });

  it.each([
    ['a wrong secret', wrong, 401, 'unauthorized_client', 'Invalid client or Invalid client credentials'],
    ['an unknown scope', { ...right, scope: 'nope' }, 400, 'invalid_scope', 'Invalid scopes: nope'],
    ['another grant', { ...right, grant_type: 'password' }, 400, 'unsupported_grant_type', 'Unsupported grant_type'],
    ['no grant', { client_id: 'exporter' }, 400, 'invalid_request', 'Missing form parameter: grant_type'],
  ])('refuses %s', async (_, form, status, error, description) => {
    const answer = await ask(await start(), form);
    expect(answer.status).toBe(status);
    expect(await bodyOf(answer)).toEqual({ error, error_description: description });
  });

  it('rejects a JSON body', async () => {
    const { tokenUrl } = await start();
    const headers = { 'content-type': 'application/json' };
    expect(await fetch(tokenUrl, { method: 'POST', body: JSON.stringify(right), headers })).toHaveProperty(
      'status',
      415,
    );
  });

  it('answers 404 for another realm', async () => {
    const { tokenUrl } = await start();
    const answer = await fetch(tokenUrl.replace('camunda-platform', 'other'), { method: 'POST' });
    expect(answer.status).toBe(404);
    expect(await bodyOf(answer)).toEqual({ error: 'Realm does not exist' });
  });
});

describe('the simulated Entra ID', () => {
  const tenant = 'b9bd2162-77ac-4fb2-8254-5c36e9c0a9c4';
  const entra = () => start({ flavour: 'entra', tenant });
  const scope = 'exporter/.default';

  it('issues a token for the app whose /.default scope was requested', async () => {
    const provider = await entra();
    const answer = await bodyOf(ask(provider, { ...right, scope: 'api://zeebe-api/.default' }));
    expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599 });
    const claims = decodeJwt(String(answer.access_token));
    expect(claims).toMatchObject({
      aud: 'zeebe-api',
      iss: provider.issuerUrl,
      tid: tenant,
      azp: 'exporter',
      ver: '2.0',
    });
    expect(decodeJwt(await tokenOf(provider, { ...right, scope })).aud).toBe('exporter');
  });

  it('serves the paths of the v2.0 endpoint', async () => {
    const { issuerUrl, tokenUrl } = await entra();
    expect(new URL(tokenUrl).pathname).toBe(`/${tenant}/oauth2/v2.0/token`);
    const discovery = await bodyOf(fetch(`${issuerUrl}/.well-known/openid-configuration`));
    expect(discovery).toMatchObject({ issuer: issuerUrl, token_endpoint: tokenUrl });
  });

  it.each([
    ['a scope without /.default', { ...right, scope: 'zeebe-api/read' }, 400, 'invalid_scope', 1002012],
    ['no scope', right, 400, 'invalid_request', 900144],
    ['an unknown resource', { ...right, scope: 'other/.default' }, 400, 'invalid_resource', 500011],
    ['a wrong secret', { ...wrong, scope }, 401, 'invalid_client', 7000215],
    ['an unknown client', { ...right, scope, client_id: 'other' }, 400, 'unauthorized_client', 700016],
    ['another grant', { ...right, scope, grant_type: 'password' }, 400, 'unsupported_grant_type', 70003],
    ['no grant', { scope }, 400, 'invalid_request', 900144],
    ['no client', { grant_type: 'client_credentials', scope }, 400, 'invalid_request', 900144],
  ])('refuses %s', async (_, form, status, error, number) => {
    const answer = await ask(await entra(), form);
    expect(answer.status).toBe(status);
    expect(await bodyOf(answer)).toMatchObject({
      error,
      error_codes: [number],
      error_description: expect.stringMatching(new RegExp(`^AADSTS${number}: .+ Trace ID: `)),
    });
  });
});

describe('the simulated SaaS token endpoint', () => {
  const saas = (options: Partial<IdentityProviderOptions> = {}) =>
    start({ flavour: 'saas', throttle: false, clients: [{ ...client, audience: 'zeebe.camunda.io' }], ...options });
  const forZeebe = { ...right, audience: 'zeebe.camunda.io' };

  it('issues a token for the requested audience, valid for a day, to a form and to JSON', async () => {
    const provider = await saas();
    expect(new URL(provider.tokenUrl).pathname).toBe('/oauth/token');
    expect(await bodyOf(ask(provider, forZeebe))).toMatchObject({ expires_in: 86_400, token_type: 'Bearer' });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(provider.tokenUrl, { method: 'POST', body: JSON.stringify(forZeebe), headers });
    expect(decodeJwt(String((await bodyOf(answer)).access_token)).aud).toBe('zeebe.camunda.io');
  });

  it('serves discovery at the root', async () => {
    const { issuerUrl, tokenUrl } = await saas();
    const discovery = await bodyOf(fetch(`${issuerUrl}.well-known/openid-configuration`));
    expect(discovery).toMatchObject({ issuer: issuerUrl, token_endpoint: tokenUrl });
  });

  it.each([
    ['a wrong secret', { ...wrong, audience: 'zeebe.camunda.io' }, 401, 'Unauthorized'],
    ['no audience', right, 403, 'Non-global clients are not allowed access to APIv1'],
    ['another grant', { ...right, grant_type: 'x' }, 403, "Grant type 'x' not allowed for the client."],
    ['another audience', { ...right, audience: 'x' }, 403, 'Service not enabled within domain: x'],
  ])('refuses %s', async (_, form, status, description) => {
    const answer = await ask(await saas(), form);
    expect(answer.status).toBe(status);
    expect((await bodyOf(answer)).error_description).toBe(description);
  });

  it('answers 429 to a second request in the same second, and to all requests for a while', async () => {
    const clock = manualClock();
    const provider = await saas({ clock, throttle: {} });
    const status = async () => (await ask(provider, forZeebe)).status;
    expect([await status(), await status()]).toEqual([200, 429]);
    clock.advance(29_000);
    expect(await status()).toBe(429);
    clock.advance(2_000);
    expect(await status()).toBe(200);
    expect(provider.requests()).toMatchObject({ issued: 2, rate_limited: 2 });
  });

  it('delays the second 401 for the same secret by half a minute', async () => {
    const clock = manualClock();
    const provider = await saas({ clock, throttle: {} });
    expect((await ask(provider, wrong)).status).toBe(401);
    clock.advance(1_000);
    const slept = clock.nextSleep();
    const second = ask(provider, wrong);
    expect(await slept).toBe(30_000);
    clock.advance(30_000);
    expect((await second).status).toBe(401);
  });
});

describe('tokens of the simulated identity provider', () => {
  it('can be opaque, and introspection returns the JWT behind them', async () => {
    const provider = await start({ tokens: 'opaque' });
    const token = await tokenOf(provider);
    expect(token).not.toContain('.');
    expect(decodeJwt(provider.introspect(token)).aud).toBe('zeebe-api');
  });

  it('have the configured lifetime', async () => {
    const provider = await start({ tokenLifetime: 45 });
    expect((await bodyOf(ask(provider, right))).expires_in).toBe(45);
  });

  it.each([
    ['string', '300'],
    ['missing', undefined],
  ] as const)('can have expires_in as %s', async (expiresIn, expected) => {
    expect((await bodyOf(ask(await start({ expiresIn }), right))).expires_in).toBe(expected);
  });
});

describe('events of the simulated identity provider', () => {
  it('rotate a secret', async () => {
    const provider = await start();
    provider.apply({ type: 'secret-rotates', clientId: 'exporter', clientSecret: 'new' });
    expect((await ask(provider, right)).status).toBe(401);
    expect((await ask(provider, { ...right, client_secret: 'new' })).status).toBe(200);
  });

  it('change the audience of new tokens', async () => {
    const provider = await start();
    provider.apply({ type: 'audience-changes', clientId: 'exporter', audience: 'other' });
    expect(decodeJwt(await tokenOf(provider)).aud).toBe('other');
  });

  it('must name a client that exists', async () => {
    const provider = await start();
    const event = { type: 'audience-changes', clientId: 'nobody', audience: 'other' } as const;
    expect(() => provider.apply(event)).toThrow('There is no client nobody.');
  });

  it('rotate the keys, so that the old tokens no longer verify', async () => {
    const provider = await start();
    const before = provider.keys().keys[0]?.kid;
    provider.apply({ type: 'keys-rotate' });
    expect(provider.keys().keys.map(({ kid }) => kid)).not.toContain(before);
  });

  it('are applied by a script, as the clock advances', async () => {
    const clock = manualClock();
    const provider = await start({
      clock,
      script: {
        events: [
          { at: 1_000, event: { type: 'http-fault', fault: { kind: 'status', status: 503 } } },
          { at: 2_000, event: { type: 'http-recovers' } },
        ],
      },
    });
    const status = async () => (await ask(provider, right)).status;
    const statuses = [await status()];
    clock.advance(1_000);
    statuses.push(await status());
    clock.advance(1_000);
    statuses.push(await status());
    expect(statuses).toEqual([200, 503, 200]);
    expect(provider.requests()).toMatchObject({ issued: 2, fault: 1 });
  });
});

it('counts token requests to the simulated identity provider by outcome', async () => {
  const provider = await start();
  await ask(provider, right);
  await ask(provider, wrong);
  await ask(provider, { ...right, scope: 'nope' });
  await fetch(`${provider.issuerUrl}/.well-known/openid-configuration`);
  expect(provider.requests()).toEqual({
    issued: 1,
    invalid_client: 1,
    invalid_scope: 1,
    invalid_audience: 0,
    invalid_request: 0,
    rate_limited: 0,
    fault: 0,
  });
});

it('serves the simulated identity provider over TLS with a key and a certificate', async () => {
  const provider = await start({ tls: loopbackCertificate });
  expect(provider.tokenUrl).toMatch(/^https:/);
  expect(provider.issuerUrl).toMatch(/^https:/);
});

it('keeps the simulated identity provider running after a client disconnects in the middle of a request', async () => {
  const provider = await start();
  const { host, hostname, port, pathname } = new URL(provider.tokenUrl);
  const socket = connect(Number(port), hostname);
  socket.write(`POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 100\r\n\r\nhalf`, () => socket.destroy());
  await once(socket, 'close');
  expect((await ask(provider, right)).status).toBe(200);
});
