import { describe, expect, it } from 'vitest';
import { manualClock } from '../simulator/manual-clock.ts';
import { closedPort, httpServer } from '../transport/loopback.ts';
import { check, client, cluster, oauthEnv, provider } from './checking.ts';

type Provider = Awaited<ReturnType<typeof provider>>;

/** A right cluster behind a provider, with more or other variables. */
async function checkWith(identity: Provider, env: Readonly<Record<string, string>> = {}) {
  const { address } = await cluster();
  return check({ env: { ...oauthEnv(address, identity.tokenUrl), ...env } });
}

function requestsTo(identity: Provider): number {
  return Object.values(identity.requests()).reduce((sum, count) => sum + count, 0);
}

describe('the identity provider', () => {
  it('does not accept client id and secret', async () => {
    const identity = await provider();
    const { trouble, exitCode } = await checkWith(identity, { CAMUNDA_CLIENT_SECRET: 'wrong' });
    expect(trouble).toEqual([
      'Token request',
      'The identity provider does not accept the client "exporter" with this secret. ' +
        'It says: unauthorized_client: Invalid client or Invalid client credentials.',
      'Check CAMUNDA_CLIENT_ID and CAMUNDA_CLIENT_SECRET: the secret may have expired or been replaced, ' +
        'or the client may not be allowed to use client credentials.',
    ]);
    expect(exitCode).toBe(1);
    expect(requestsTo(identity)).toBe(1);
  });

  it('does not accept them in the words of SaaS either', async () => {
    const identity = await provider({ flavour: 'saas' });
    const { trouble } = await checkWith(identity, { CAMUNDA_CLIENT_SECRET: 'wrong' });
    expect(trouble[1]).toBe(
      'The identity provider does not accept the client "exporter" with this secret. ' +
        'It says: access_denied: Unauthorized.',
    );
    expect(requestsTo(identity)).toBe(1);
  });

  it('gives no token for the audience', async () => {
    const identity = await provider({ flavour: 'saas' });
    const { trouble } = await checkWith(identity, { ZEEBE_TOKEN_AUDIENCE: 'wrong.example.com' });
    expect(trouble).toEqual([
      'Token request',
      'The identity provider gives this client no token for "wrong.example.com".',
      "Correct ZEEBE_TOKEN_AUDIENCE: for Camunda's SaaS it is zeebe.camunda.io.",
    ]);
  });

  it('gives no token without an audience', async () => {
    const { trouble } = await checkWith(await provider({ flavour: 'saas' }));
    expect(trouble.slice(1)).toEqual([
      'The identity provider gives this client no token without an audience.',
      "Correct CAMUNDA_TOKEN_AUDIENCE: for Camunda's SaaS it is zeebe.camunda.io.",
    ]);
  });

  it('does not give the scope', async () => {
    const { trouble } = await checkWith(await provider(), { CAMUNDA_OAUTH_SCOPE: 'nonsense' });
    expect(trouble).toEqual([
      'Token request',
      'The identity provider does not give this client the scope "nonsense". ' +
        'It says: invalid_scope: Invalid scopes: nonsense.',
      'Correct CAMUNDA_OAUTH_SCOPE, or allow the scope for the client at the identity provider.',
    ]);
  });

  it('refuses too many token requests', async () => {
    const identity = await provider({ flavour: 'saas', throttle: { interval: 600_000 } });
    await fetch(identity.tokenUrl, { method: 'POST' });
    const { trouble } = await checkWith(identity, { CAMUNDA_TOKEN_AUDIENCE: client.audience });
    expect(trouble).toEqual([
      'Token request',
      'The identity provider refuses token requests from this machine for now: there were too many.',
      'Wait a minute and check again. Let fewer programs ask for tokens from this address; ' +
        'every request to CAMUNDA_OAUTH_URL counts, failed ones too.',
    ]);
    expect(identity.requests().rate_limited).toBe(1);
  });

  it('says how long it refuses them', async () => {
    const identity = await provider();
    identity.apply({ type: 'http-fault', fault: { kind: 'status', status: 429, retryAfter: 17 } });
    const { trouble } = await checkWith(identity);
    expect(trouble[2]).toMatch(/^Wait 17 s and check again\./);
  });

  it('is not well', async () => {
    const identity = await provider();
    identity.apply({ type: 'http-fault', fault: { kind: 'status', status: 503 } });
    const { trouble } = await checkWith(identity);
    expect(trouble.slice(1)).toEqual([
      'The identity provider is not well: it answers with status 503.',
      'See its log, and that of what stands in front of it at CAMUNDA_OAUTH_URL.',
    ]);
  });

  it('does not answer', async () => {
    const identity = await provider();
    identity.apply({ type: 'http-fault', fault: { kind: 'silence' } });
    const { trouble } = await checkWith(identity, { ZEEBE_POLL_TIMEOUT: '300ms' });
    expect(trouble.slice(1)).toEqual([
      'The identity provider takes the connection, and does not answer within 0.3 s.',
      'See what is wrong with it; ZEEBE_POLL_TIMEOUT says how long to wait.',
    ]);
  });

  it('hangs up', async () => {
    const identity = await provider();
    identity.apply({ type: 'http-fault', fault: { kind: 'hang-up' } });
    const { trouble } = await checkWith(identity);
    expect(trouble[1]).toMatch(/^The token request failed: POST http:.*\.$/);
    expect(trouble[2]).toMatch(/^Check that the identity provider runs/);
  });
});

describe('the token URL', () => {
  it('is that of a web page', async () => {
    const identity = await provider();
    identity.apply({ type: 'http-fault', fault: { kind: 'html' } });
    const { trouble } = await checkWith(identity);
    expect(trouble).toEqual([
      'Token request',
      `${identity.tokenUrl} is not a token endpoint: it answers with a web page.`,
      'Correct CAMUNDA_OAUTH_URL: host and path must be those of the token endpoint.',
    ]);
  });

  it('redirects, and nothing follows', async () => {
    const seen: string[] = [];
    const elsewhere = await httpServer((request, response) => {
      seen.push(request.url ?? '');
      response.end();
    });
    const tokenUrl = await httpServer((_request, response) => {
      response.writeHead(302, { location: `${elsewhere}login` }).end();
    });
    const { address } = await cluster();
    const { trouble } = await check({ env: oauthEnv(address, tokenUrl) });
    expect(trouble.slice(1)).toEqual([
      `${tokenUrl} is not a token endpoint: it answers with a redirect to ${elsewhere}login.`,
      'Correct CAMUNDA_OAUTH_URL: host and path must be those of the token endpoint.',
    ]);
    expect(seen).toEqual([]);
  });

  it('has no token endpoint', async () => {
    const identity = await provider({ flavour: 'saas' });
    const { trouble } = await checkWith(identity, { CAMUNDA_OAUTH_URL: identity.tokenUrl.replace('token', 'tok') });
    expect(trouble.slice(1)).toEqual([
      'There is no token endpoint at this address.',
      'Correct the path in CAMUNDA_OAUTH_URL.',
    ]);
  });

  it('answers with something else', async () => {
    const tokenUrl = await httpServer((_request, response) => {
      response.setHeader('content-type', 'application/json').end('{}');
    });
    const { address } = await cluster();
    const { trouble } = await check({ env: oauthEnv(address, `${tokenUrl}?tenant=1`) });
    expect(trouble.slice(1)).toEqual([
      `POST ${tokenUrl} answered 200 with content type "application/json", but not with a bearer token: it has no access_token.`,
      'Check CAMUNDA_OAUTH_URL.',
    ]);
  });
});

describe('a Keycloak realm', () => {
  it('has /auth before it that is one too many', async () => {
    const identity = await provider();
    const { trouble } = await checkWith(identity, {
      CAMUNDA_OAUTH_URL: identity.tokenUrl.replace('/realms/', '/auth/realms/'),
    });
    expect(trouble).toEqual([
      'Token request',
      'This Keycloak does not have its realms behind /auth, which is in the address.',
      `Set CAMUNDA_OAUTH_URL to ${identity.tokenUrl}.`,
    ]);
  });

  it('lacks /auth before it; the search for it shows no credentials', async () => {
    const searches: string[] = [];
    const origin = await httpServer((request, response) => {
      if (request.method !== 'GET') {
        response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not Found</h1>');
        return;
      }
      searches.push(`${request.url} ${request.headers.authorization}`);
      response.statusCode = request.url?.startsWith('/auth/realms/camunda/.well-known/') ? 200 : 404;
      response.end(JSON.stringify({ issuer: 'it' }));
    });
    const path = 'realms/camunda/protocol/openid-connect/token';
    const { address } = await cluster();
    const { trouble } = await check({ env: oauthEnv(address, `${origin}${path}`) });
    expect(trouble).toEqual([
      'Token request',
      'This Keycloak has its realms behind /auth, which is missing in the address.',
      `Set CAMUNDA_OAUTH_URL to ${origin}auth/${path}.`,
    ]);
    expect(searches).toEqual([
      '/realms/camunda/.well-known/openid-configuration undefined',
      '/auth/realms/camunda/.well-known/openid-configuration undefined',
    ]);
  });

  it('is found for an issuer too', async () => {
    const identity = await provider();
    const { address } = await cluster();
    const issuer = identity.issuerUrl.replace('/realms/', '/auth/realms/');
    const { trouble } = await check({
      file:
        `clusters: [{ name: one, address: '${address}', oauth2: ` +
        `{ client_id: exporter, client_secret: exporter-secret, issuer_url: '${issuer}' } }]`,
    });
    expect(trouble.at(-1)).toBe(`Set oauth2.issuer_url to ${identity.issuerUrl}.`);
  });

  it('is not there', async () => {
    const identity = await provider();
    const { trouble } = await checkWith(identity, {
      CAMUNDA_OAUTH_URL: identity.tokenUrl.replace('camunda-platform', 'other'),
    });
    expect(trouble.slice(1)).toEqual([
      'Keycloak answers, but does not have this realm.',
      'Correct the realm, the part behind /realms/, in CAMUNDA_OAUTH_URL.',
    ]);
  });

  it('calls its issuer by another name', async () => {
    const identity = await provider();
    const { address } = await cluster();
    const issuer = identity.issuerUrl.replace('127.0.0.1', 'localhost');
    const { trouble } = await check({
      file:
        `clusters: [{ name: one, address: '${address}', oauth2: ` +
        `{ client_id: exporter, client_secret: exporter-secret, issuer_url: '${issuer}' } }]`,
    });
    expect(trouble.slice(1)).toEqual([
      `The identity provider calls itself ${identity.issuerUrl}.`,
      'Write it so in oauth2.issuer_url, letter by letter.',
    ]);
  });
});

describe('Microsoft Entra ID', () => {
  it('is not asked without a scope that ends with /.default', async () => {
    const identity = await provider({ flavour: 'entra' });
    const { trouble } = await checkWith(identity, { CAMUNDA_OAUTH_SCOPE: 'zeebe-api' });
    expect(trouble.slice(-2)).toEqual([
      'Microsoft Entra ID wants a scope that ends with /.default, and this is "zeebe-api".',
      'Set CAMUNDA_OAUTH_SCOPE to <application id of the cluster>/.default.',
    ]);
    const { trouble: withoutScope } = await checkWith(identity);
    expect(withoutScope.slice(-2)).toEqual([
      'Microsoft Entra ID wants a scope that ends with /.default, and none is set.',
      'Set CAMUNDA_OAUTH_SCOPE to <application id of the cluster>/.default.',
    ]);
    expect(requestsTo(identity)).toBe(0);
  });

  it('is known by its own address as well', async () => {
    const { trouble } = await check({
      env: {
        ...oauthEnv('http://localhost:8080', 'https://login.microsoftonline.com/tenant/oauth2/v2.0/token'),
        CAMUNDA_TOKEN_AUDIENCE: 'zeebe-api',
      },
    });
    expect(trouble.at(-1)).toBe('Set CAMUNDA_OAUTH_SCOPE to <application id of the cluster>/.default.');
  });

  it.each([
    ['[zeebe-api]', 'this is "zeebe-api"'],
    ['[]', 'none is set'],
  ])('is known by its refusal where the address does not tell (scopes %s)', async (scopes, found) => {
    const identity = await provider({ flavour: 'entra' });
    const { address } = await cluster();
    const { trouble } = await check({
      file:
        `clusters: [{ name: one, address: '${address}', oauth2: { client_id: exporter, ` +
        `client_secret: exporter-secret, scopes: ${scopes}, issuer_url: '${identity.issuerUrl}' } }]`,
    });
    expect(trouble).toEqual([
      'Token request',
      `Microsoft Entra ID wants a scope that ends with /.default, and ${found}.`,
      'Set oauth2.scopes to <application id of the cluster>/.default.',
    ]);
  });

  it('does not know the application in the scope', async () => {
    const { trouble } = await checkWith(await provider({ flavour: 'entra' }), {
      CAMUNDA_OAUTH_SCOPE: 'unknown/.default',
    });
    expect(trouble[1]).toMatch(
      /^The identity provider does not give this client the scope "unknown\/\.default"\. It says: invalid_resource: AADSTS500011: The resource principal named unknown was not found/,
    );
  });
});

describe('the token', () => {
  it('tells whom it is for and how long it lasts', async () => {
    const { text } = await checkWith(await provider({ tokenLifetime: 300 }));
    expect(text).toMatch(
      /✓ Token\n {6}audiences {2}zeebe-api\n {6}scopes {5}profile email\n {6}client {5}exporter\n {6}issuer {5}http.*\n {6}lifetime {3}5 min\n {6}clock {6}agrees with the identity provider's\n/,
    );
  });

  it.each([
    [-300_000, "this machine's is 5 min ahead of the identity provider's"],
    [10_800_000, "this machine's is 3 h behind the identity provider's"],
  ])('tells that the clocks differ (%i ms)', async (difference, sentence) => {
    const clock = manualClock(Date.now() + difference);
    const { text } = await checkWith(await provider({ clock }));
    expect(text).toMatch(new RegExp(`clock +${sentence}\n`));
  });

  it('may be opaque', async () => {
    const { text } = await checkWith(await provider({ tokens: 'opaque', expiresIn: 'missing' }));
    expect(text).toContain('  ✓ Token: opaque, it says nothing of itself\n      lifetime  not told\n');
  });

  it('is asked for once, and not at all where the cluster cannot be reached', async () => {
    const identity = await provider();
    await check({ env: oauthEnv(`http://127.0.0.1:${await closedPort()}`, identity.tokenUrl) });
    expect(requestsTo(identity)).toBe(0);
    const { exitCode } = await checkWith(identity);
    expect([exitCode, requestsTo(identity)]).toEqual([0, 1]);
  });
});
