import { describe, expect, it } from 'vitest';
import { manualClock } from '../simulator/manual-clock.ts';
import { closedPort, httpServer } from '../transport/loopback.ts';
import { check, client, cluster, oauthEnv, provider } from './checking.ts';

type Provider = Awaited<ReturnType<typeof provider>>;

/** Checks a cluster with OAuth 2, with additional or replaced variables. */
async function checkWith(identity: Provider, env: Readonly<Record<string, string>> = {}) {
  const { address } = await cluster();
  return check({ env: { ...oauthEnv(address, identity.tokenUrl), ...env } });
}

function requestsTo(identity: Provider): number {
  return Object.values(identity.requests()).reduce((sum, count) => sum + count, 0);
}

describe('check: the identity provider', () => {
  it('rejects client id and secret', async () => {
    const identity = await provider();
    const { failedStep, exitCode } = await checkWith(identity, { CAMUNDA_CLIENT_SECRET: 'wrong' });
    expect(failedStep).toEqual([
      'Token request',
      'The identity provider rejected the client "exporter" with this secret. ' +
        'It returned: unauthorized_client: Invalid client or Invalid client credentials.',
      'Check CAMUNDA_CLIENT_ID and CAMUNDA_CLIENT_SECRET: the secret may have expired or been replaced, ' +
        'or the client may not use client credentials.',
    ]);
    expect(exitCode).toBe(1);
    expect(requestsTo(identity)).toBe(1);
  });

  it('rejects client id and secret with the error of Camunda SaaS', async () => {
    const identity = await provider({ flavour: 'saas' });
    const { failedStep } = await checkWith(identity, { CAMUNDA_CLIENT_SECRET: 'wrong' });
    expect(failedStep[1]).toBe(
      'The identity provider rejected the client "exporter" with this secret. ' +
        'It returned: access_denied: Unauthorized.',
    );
    expect(requestsTo(identity)).toBe(1);
  });

  it('issues no token for the audience', async () => {
    const identity = await provider({ flavour: 'saas' });
    const { failedStep } = await checkWith(identity, { ZEEBE_TOKEN_AUDIENCE: 'wrong.example.com' });
    expect(failedStep).toEqual([
      'Token request',
      'The identity provider issues no token to this client for "wrong.example.com".',
      'Correct ZEEBE_TOKEN_AUDIENCE: for Camunda SaaS it is zeebe.camunda.io.',
    ]);
  });

  it('issues no token without an audience', async () => {
    const { failedStep } = await checkWith(await provider({ flavour: 'saas' }));
    expect(failedStep.slice(1)).toEqual([
      'The identity provider issues no token to this client without an audience.',
      'Correct CAMUNDA_TOKEN_AUDIENCE: for Camunda SaaS it is zeebe.camunda.io.',
    ]);
  });

  it('does not grant the scope', async () => {
    const { failedStep } = await checkWith(await provider(), { CAMUNDA_OAUTH_SCOPE: 'nonsense' });
    expect(failedStep).toEqual([
      'Token request',
      'The identity provider does not grant this client the scope "nonsense". ' +
        'It returned: invalid_scope: Invalid scopes: nonsense.',
      'Correct CAMUNDA_OAUTH_SCOPE, or allow the scope for the client at the identity provider.',
    ]);
  });

  it('limits the rate of token requests', async () => {
    const identity = await provider({ flavour: 'saas', throttle: { interval: 600_000 } });
    await fetch(identity.tokenUrl, { method: 'POST' });
    const { failedStep } = await checkWith(identity, { CAMUNDA_TOKEN_AUDIENCE: client.audience });
    expect(failedStep).toEqual([
      'Token request',
      'The identity provider limits the rate of token requests, and this machine has sent too many.',
      'Wait a minute and check again. Let fewer programs request tokens from this IP address; ' +
        'every request to CAMUNDA_OAUTH_URL counts, including failed ones.',
    ]);
    expect(identity.requests().rate_limited).toBe(1);
  });

  it('limits the rate of token requests and answers with Retry-After', async () => {
    const identity = await provider();
    identity.apply({ type: 'http-fault', fault: { kind: 'status', status: 429, retryAfter: 17 } });
    const { failedStep } = await checkWith(identity);
    expect(failedStep[2]).toMatch(/^Wait 17 s and check again\./);
  });

  it('returns a server error', async () => {
    const identity = await provider();
    identity.apply({ type: 'http-fault', fault: { kind: 'status', status: 503 } });
    const { failedStep } = await checkWith(identity);
    expect(failedStep.slice(1)).toEqual([
      'The identity provider returned HTTP 503.',
      'See its log, and that of any reverse proxy in front of it (CAMUNDA_OAUTH_URL).',
    ]);
  });

  it('does not answer', async () => {
    const identity = await provider();
    identity.apply({ type: 'http-fault', fault: { kind: 'silence' } });
    const { failedStep } = await checkWith(identity, { ZEEBE_POLL_TIMEOUT: '300ms' });
    expect(failedStep.slice(1)).toEqual([
      'The identity provider accepted the connection, but did not answer within 0.3 s.',
      'Check the identity provider and the network; ZEEBE_POLL_TIMEOUT sets how long to wait.',
    ]);
  });

  it('closes the connection', async () => {
    const identity = await provider();
    identity.apply({ type: 'http-fault', fault: { kind: 'hang-up' } });
    const { failedStep } = await checkWith(identity);
    expect(failedStep[1]).toMatch(/^POST http:.* failed: .*\.$/);
    expect(failedStep[2]).toMatch(/^Check that the identity provider runs/);
  });
});

describe('check: several clusters', () => {
  it('request their tokens at the configured rate', async () => {
    const identity = await provider({ flavour: 'saas', throttle: { interval: 200 } });
    const { address } = await cluster();
    const oauth2 = [
      'client_id: exporter, client_secret: exporter-secret, audience: zeebe-api',
      `token_url: "${identity.tokenUrl}", token_requests_per_second: 4`,
    ];
    const clusters = ['a', 'b', 'c'].map(
      (name) => `  - { name: ${name}, address: "${address}", oauth2: { ${oauth2} } }`,
    );
    const { exitCode } = await check({ file: ['clusters:', ...clusters].join('\n') });
    expect(exitCode).toBe(0);
    expect(identity.requests()).toMatchObject({ issued: 3, rate_limited: 0 });
  });
});

describe('check: the token URL', () => {
  it('is that of a web page', async () => {
    const identity = await provider();
    identity.apply({ type: 'http-fault', fault: { kind: 'html' } });
    const { failedStep } = await checkWith(identity);
    expect(failedStep).toEqual([
      'Token request',
      `${identity.tokenUrl} is not a token endpoint: it returned a web page.`,
      'Correct CAMUNDA_OAUTH_URL: host and path must be those of the token endpoint.',
    ]);
  });

  it('redirects, and the redirect is not followed', async () => {
    const seen: string[] = [];
    const elsewhere = await httpServer((request, response) => {
      seen.push(request.url ?? '');
      response.end();
    });
    const tokenUrl = await httpServer((_request, response) => {
      response.writeHead(302, { location: `${elsewhere}login` }).end();
    });
    const { address } = await cluster();
    const { failedStep } = await check({ env: oauthEnv(address, tokenUrl) });
    expect(failedStep.slice(1)).toEqual([
      `${tokenUrl} is not a token endpoint: it returned a redirect to ${elsewhere}login.`,
      'Correct CAMUNDA_OAUTH_URL: host and path must be those of the token endpoint.',
    ]);
    expect(seen).toEqual([]);
  });

  it('has no token endpoint', async () => {
    const identity = await provider({ flavour: 'saas' });
    const { failedStep } = await checkWith(identity, { CAMUNDA_OAUTH_URL: identity.tokenUrl.replace('token', 'tok') });
    expect(failedStep.slice(1)).toEqual([
      'There is no token endpoint at this address.',
      'Correct the path in CAMUNDA_OAUTH_URL.',
    ]);
  });

  it('returns JSON without a token', async () => {
    const tokenUrl = await httpServer((_request, response) => {
      response.setHeader('content-type', 'application/json').end('{}');
    });
    const { address } = await cluster();
    const { failedStep } = await check({ env: oauthEnv(address, `${tokenUrl}?tenant=1`) });
    expect(failedStep.slice(1)).toEqual([
      `POST ${tokenUrl} answered 200 with content type "application/json", but not with a bearer token: it has no access_token.`,
      'Check CAMUNDA_OAUTH_URL.',
    ]);
  });
});

describe('check: a Keycloak realm', () => {
  it('is not found with /auth, but without it', async () => {
    const identity = await provider();
    const { failedStep } = await checkWith(identity, {
      CAMUNDA_OAUTH_URL: identity.tokenUrl.replace('/realms/', '/auth/realms/'),
    });
    expect(failedStep).toEqual([
      'Token request',
      'This Keycloak serves realms under /realms, but the address has /auth/realms.',
      `Set CAMUNDA_OAUTH_URL to ${identity.tokenUrl}.`,
    ]);
  });

  it('is not found without /auth, but with it; the requests that find that out have no credentials', async () => {
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
    const { failedStep } = await check({ env: oauthEnv(address, `${origin}${path}`) });
    expect(failedStep).toEqual([
      'Token request',
      'This Keycloak serves realms under /auth/realms, but the address has /realms without /auth.',
      `Set CAMUNDA_OAUTH_URL to ${origin}auth/${path}.`,
    ]);
    expect(searches).toEqual([
      '/realms/camunda/.well-known/openid-configuration undefined',
      '/auth/realms/camunda/.well-known/openid-configuration undefined',
    ]);
  });

  it('is not found with /auth in an issuer, but without it', async () => {
    const identity = await provider();
    const { address } = await cluster();
    const issuer = identity.issuerUrl.replace('/realms/', '/auth/realms/');
    const { failedStep } = await check({
      file:
        `clusters: [{ name: one, address: '${address}', oauth2: ` +
        `{ client_id: exporter, client_secret: exporter-secret, issuer_url: '${issuer}' } }]`,
    });
    expect(failedStep.at(-1)).toBe(`Set oauth2.issuer_url to ${identity.issuerUrl}.`);
  });

  it('does not exist', async () => {
    const identity = await provider();
    const { failedStep } = await checkWith(identity, {
      CAMUNDA_OAUTH_URL: identity.tokenUrl.replace('camunda-platform', 'other'),
    });
    expect(failedStep.slice(1)).toEqual([
      'Keycloak does not have this realm.',
      'Correct the realm, the part after /realms/, in CAMUNDA_OAUTH_URL.',
    ]);
  });

  it('names another issuer than the configured one', async () => {
    const identity = await provider();
    const { address } = await cluster();
    const issuer = identity.issuerUrl.replace('127.0.0.1', 'localhost');
    const { failedStep } = await check({
      file:
        `clusters: [{ name: one, address: '${address}', oauth2: ` +
        `{ client_id: exporter, client_secret: exporter-secret, issuer_url: '${issuer}' } }]`,
    });
    expect(failedStep.slice(1)).toEqual([
      `The issuer of this identity provider is ${identity.issuerUrl}.`,
      'Set oauth2.issuer_url to the issuer exactly as the identity provider names it, or oauth2.token_url instead.',
    ]);
  });
});

describe('check: Microsoft Entra ID', () => {
  it('is not asked without a scope that ends with /.default', async () => {
    const identity = await provider({ flavour: 'entra' });
    const { failedStep } = await checkWith(identity, { CAMUNDA_OAUTH_SCOPE: 'zeebe-api' });
    expect(failedStep.slice(-2)).toEqual([
      'Microsoft Entra ID requires a scope that ends with /.default, but it is "zeebe-api".',
      'Set CAMUNDA_OAUTH_SCOPE to <application id of the cluster>/.default.',
    ]);
    const { failedStep: withoutScope } = await checkWith(identity);
    expect(withoutScope.slice(-2)).toEqual([
      'Microsoft Entra ID requires a scope that ends with /.default, but none is set.',
      'Set CAMUNDA_OAUTH_SCOPE to <application id of the cluster>/.default.',
    ]);
    expect(requestsTo(identity)).toBe(0);
  });

  it('is known by its own address as well', async () => {
    const { failedStep } = await check({
      env: {
        ...oauthEnv('http://localhost:8080', 'https://login.microsoftonline.com/tenant/oauth2/v2.0/token'),
        CAMUNDA_TOKEN_AUDIENCE: 'zeebe-api',
      },
    });
    expect(failedStep.at(-1)).toBe('Set CAMUNDA_OAUTH_SCOPE to <application id of the cluster>/.default.');
  });

  it.each([
    ['[zeebe-api]', 'it is "zeebe-api"'],
    ['[]', 'none is set'],
  ])('is recognized by its error if not by its address (scopes %s)', async (scopes, found) => {
    const identity = await provider({ flavour: 'entra' });
    const { address } = await cluster();
    const { failedStep } = await check({
      file:
        `clusters: [{ name: one, address: '${address}', oauth2: { client_id: exporter, ` +
        `client_secret: exporter-secret, scopes: ${scopes}, issuer_url: '${identity.issuerUrl}' } }]`,
    });
    expect(failedStep).toEqual([
      'Token request',
      `Microsoft Entra ID requires a scope that ends with /.default, but ${found}.`,
      'Set oauth2.scopes to <application id of the cluster>/.default.',
    ]);
  });

  it('does not know the application in the scope', async () => {
    const { failedStep } = await checkWith(await provider({ flavour: 'entra' }), {
      CAMUNDA_OAUTH_SCOPE: 'unknown/.default',
    });
    expect(failedStep[1]).toMatch(
      /^The identity provider does not grant this client the scope "unknown\/\.default"\. It returned: invalid_resource: AADSTS500011: The resource principal named unknown was not found/,
    );
  });
});

describe('check: the token', () => {
  it('is reported with its audience and lifetime', async () => {
    const { text } = await checkWith(await provider({ tokenLifetime: 300 }));
    expect(text).toMatch(
      /✓ Token\n {6}audiences {2}zeebe-api\n {6}scopes {5}profile email\n {6}client {5}exporter\n {6}issuer {5}http.*\n {6}lifetime {3}5 min\n {6}clock {6}in sync with the identity provider\n/,
    );
  });

  it.each([
    [-300_000, 'this machine is 5 min ahead of the identity provider'],
    [10_800_000, 'this machine is 3 h behind the identity provider'],
  ])('is reported with the difference of the clocks (%i ms)', async (difference, sentence) => {
    const clock = manualClock(Date.now() + difference);
    const { text } = await checkWith(await provider({ clock }));
    expect(text).toMatch(new RegExp(`clock +${sentence}\n`));
  });

  it('may be opaque', async () => {
    const { text } = await checkWith(await provider({ tokens: 'opaque', expiresIn: 'missing' }));
    expect(text).toContain('  ✓ Token: opaque, without readable claims\n      lifetime  unknown\n');
  });

  it('is requested once, and not at all if the cluster cannot be reached', async () => {
    const identity = await provider();
    await check({ env: oauthEnv(`http://127.0.0.1:${await closedPort()}`, identity.tokenUrl) });
    expect(requestsTo(identity)).toBe(0);
    const { exitCode } = await checkWith(identity);
    expect([exitCode, requestsTo(identity)]).toEqual([0, 1]);
  });
});
