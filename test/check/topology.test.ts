import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../simulator/manual-clock.ts';
import { httpServer, tcpServer } from '../transport/loopback.ts';
import { check, client, cluster, oauthEnv, provider } from './checking.ts';

const user = { username: 'demo', password: 'demo-password' };
const asUser = { CAMUNDA_BASIC_AUTH_USERNAME: user.username, CAMUNDA_BASIC_AUTH_PASSWORD: user.password };
const loopbackTopology = '{"clusterSize":1,"partitionsCount":1,"replicationFactor":1,"brokers":[]}';

async function checkAt(address: URL | string, env: Readonly<Record<string, string>> = {}) {
  return check({ env: { ZEEBE_REST_ADDRESS: String(address), ...env } });
}

/** Checks a cluster of Camunda SaaS, of which a proxy answers every request. */
async function checkBehind(answer: RequestListener, address: string, ...lines: readonly string[]) {
  const proxy = await httpServer(answer);
  const settings = [`name: one`, `address: ${address}`, `proxy_url: ${proxy}`, ...lines];
  return check({ file: ['clusters:', '  -', ...settings.map((line) => `    ${line}`)].join('\n') });
}

const text = (status: number, type: string, body: string, headers = {}) =>
  httpServer((_request, response) => response.writeHead(status, { 'content-type': type, ...headers }).end(body));

describe('check: the credentials', () => {
  it('are missing', async () => {
    const { address } = await cluster({ version: '8.8.0', authentication: { method: 'basic', ...user } });
    const { failedStep, exitCode } = await checkAt(address);
    expect(failedStep).toEqual([
      'Topology',
      'The cluster requires credentials, but no credentials are set.',
      'Set CAMUNDA_BASIC_AUTH_USERNAME and CAMUNDA_BASIC_AUTH_PASSWORD, or CAMUNDA_CLIENT_ID and ' +
        'CAMUNDA_CLIENT_SECRET, depending on what the cluster requires.',
    ]);
    expect(exitCode).toBe(1);
  });

  it('are missing, and the cluster names the kind that it requires', async () => {
    const basic = await cluster({ version: '8.6.0', authentication: { method: 'basic', ...user } });
    expect((await checkAt(basic.address)).failedStep.slice(1)).toEqual([
      'The cluster requires a user name and password (Basic), but no credentials are set.',
      'Set CAMUNDA_BASIC_AUTH_USERNAME and CAMUNDA_BASIC_AUTH_PASSWORD.',
    ]);
    const issuer = await provider();
    const bearer = await cluster({
      version: '8.8.0',
      authentication: { method: 'oauth2', issuer, audience: 'zeebe-api' },
    });
    expect((await checkAt(bearer.address)).failedStep.slice(1)).toEqual([
      'The cluster requires a token (OIDC), but no credentials are set.',
      'Set CAMUNDA_CLIENT_ID and CAMUNDA_CLIENT_SECRET.',
    ]);
  });

  it.each(['8.6.0', '8.8.0'])('are a password, but the cluster requires a token (%s)', async (version) => {
    const issuer = await provider();
    const { address } = await cluster({ version, authentication: { method: 'oauth2', issuer, audience: 'zeebe-api' } });
    expect((await checkAt(address, asUser)).failedStep).toEqual([
      'Topology',
      'The cluster requires a token (OIDC), but a user name and password (Basic) are set.',
      'Set CAMUNDA_CLIENT_ID and CAMUNDA_CLIENT_SECRET instead of CAMUNDA_BASIC_AUTH_USERNAME and ' +
        'CAMUNDA_BASIC_AUTH_PASSWORD.',
    ]);
  });

  it('are a token, but the cluster requires a password', async () => {
    const { address } = await cluster({ version: '8.6.0', authentication: { method: 'basic', ...user } });
    const { tokenUrl } = await provider();
    expect((await check({ env: oauthEnv(address, tokenUrl) })).failedStep.slice(1)).toEqual([
      'The cluster requires a user name and password (Basic), but was sent a token (OIDC).',
      'Set CAMUNDA_BASIC_AUTH_USERNAME and CAMUNDA_BASIC_AUTH_PASSWORD instead of CAMUNDA_CLIENT_ID and ' +
        'CAMUNDA_CLIENT_SECRET.',
    ]);
  });

  it('have a wrong password', async () => {
    const { address } = await cluster({ version: '8.8.0', authentication: { method: 'basic', ...user } });
    const { failedStep } = await checkAt(address, { ...asUser, CAMUNDA_BASIC_AUTH_PASSWORD: 'wrong' });
    expect(failedStep.slice(1)).toEqual([
      'The cluster rejected the user name and password.',
      'Correct CAMUNDA_BASIC_AUTH_USERNAME and CAMUNDA_BASIC_AUTH_PASSWORD.',
    ]);
  });

  it('are valid, but not permitted to read', async () => {
    const { address, apply } = await cluster({ authentication: { method: 'basic', ...user } });
    apply({ type: 'http-fault', fault: { kind: 'status', status: 403 } });
    expect((await checkAt(address, asUser)).failedStep.slice(1)).toEqual([
      'The cluster, or a proxy in front of it, does not permit this client to read the topology (403).',
      'Grant the user of CAMUNDA_BASIC_AUTH_USERNAME permission to read the cluster, ' +
        'or check the ingress or firewall in front of it.',
    ]);
  });

  it('are a new token that is not permitted to read', async () => {
    const { address, apply } = await cluster();
    apply({ type: 'http-fault', fault: { kind: 'status', status: 403 } });
    const { tokenUrl } = await provider();
    expect((await check({ env: oauthEnv(address, tokenUrl) })).failedStep.slice(1)).toEqual([
      'The cluster, or a proxy in front of it, does not permit this client to read the topology (403), ' +
        'although the token was just issued.',
      'Grant the client of CAMUNDA_CLIENT_ID permission to read the cluster, ' +
        'or check the ingress or firewall in front of it.',
    ]);
  });

  it('are not sent after a redirect', async () => {
    const seen: string[] = [];
    const elsewhere = await httpServer((request, response) => {
      seen.push(`${request.headers.authorization}`);
      response.end();
    });
    const address = await text(302, 'text/html', '', { location: elsewhere });
    expect((await checkAt(address, asUser)).failedStep.slice(1)).toEqual([
      `This address redirects to ${elsewhere}. Redirects are not followed, so that credentials go only to the configured address.`,
      'Set ZEEBE_REST_ADDRESS to the address of the REST API itself.',
    ]);
    expect(seen).toEqual([]);
  });
});

describe('check: the audience of the token', () => {
  it.each([
    ['8.6.0', 'another one'],
    ['8.8.0', '"zeebe-api"'],
  ])('is not the one that the cluster expects (%s)', async (version, wanted) => {
    const { audience, ...withoutMapper } = client;
    const issuer = await provider({ clients: [withoutMapper] });
    const { address } = await cluster({ version, authentication: { method: 'oauth2', issuer, audience } });
    const { failedStep } = await check({ env: oauthEnv(address, issuer.tokenUrl) });
    expect(failedStep).toEqual([
      'Topology',
      `The token has the audience "account", but the cluster expects ${wanted}.`,
      `In Keycloak, add an audience mapper for ` +
        `${wanted === 'another one' ? 'the audience that the cluster expects' : wanted} to the client "exporter": ` +
        'Keycloak ignores CAMUNDA_TOKEN_AUDIENCE.',
    ]);
    expect(issuer.requests().issued).toBe(1);
  });

  it('is the configured one if the identity provider honours it', async () => {
    const issuer = await provider({ flavour: 'saas', throttle: false, clients: [{ ...client, audience: ['a', 'b'] }] });
    const { address } = await cluster({
      version: '8.8.0',
      authentication: { method: 'oauth2', issuer, audience: 'b' },
    });
    const env = oauthEnv(address, issuer.tokenUrl);
    const { failedStep } = await check({ env: { ...env, CAMUNDA_TOKEN_AUDIENCE: 'a' } });
    expect(failedStep.slice(1)).toEqual([
      'The token has the audience "a", but the cluster expects "b".',
      'Set CAMUNDA_TOKEN_AUDIENCE to "b".',
    ]);
    expect((await check({ env: { ...env, CAMUNDA_TOKEN_AUDIENCE: 'b' } })).exitCode).toBe(0);
  });

  it('follows from the scope in Microsoft Entra ID', async () => {
    const issuer = await provider({ flavour: 'entra', clients: [{ ...client, audience: ['other'] }] });
    const { address } = await cluster({
      version: '8.8.0',
      authentication: { method: 'oauth2', issuer, audience: 'zeebe-api' },
    });
    const { failedStep } = await check({
      env: { ...oauthEnv(address, issuer.tokenUrl), CAMUNDA_OAUTH_SCOPE: 'other/.default' },
    });
    expect(failedStep.slice(1)).toEqual([
      'The token has the audience "other", but the cluster expects "zeebe-api".',
      'Set CAMUNDA_OAUTH_SCOPE to <application id of the cluster>/.default.',
    ]);
  });

  it('is unknown if the token is opaque', async () => {
    const issuer = await provider({ flavour: 'saas', tokens: 'opaque', clients: [{ ...client, audience: ['a'] }] });
    const { address } = await cluster({
      version: '8.8.0',
      authentication: { method: 'oauth2', issuer, audience: 'b' },
    });
    const { failedStep } = await check({
      env: { ...oauthEnv(address, issuer.tokenUrl), CAMUNDA_TOKEN_AUDIENCE: 'a' },
    });
    expect(failedStep[1]).toBe('The token has no visible audience, but the cluster expects "b".');
  });
});

describe('check: a token that was just issued', () => {
  it('has an issuer that the cluster does not trust', async () => {
    const mine = await provider();
    const issuer = await provider();
    const { address } = await cluster({
      version: '8.8.0',
      authentication: { method: 'oauth2', issuer, audience: 'zeebe-api' },
    });
    const { failedStep } = await check({ env: oauthEnv(address, mine.tokenUrl) });
    expect(failedStep.slice(1)).toEqual([
      `The cluster rejected a token that was just issued. Its issuer is ${mine.issuerUrl}.`,
      'Check that CAMUNDA_OAUTH_URL belongs to the identity provider that the cluster is configured with. ' +
        'A cluster that requires a user name and password rejects tokens in the same way.',
    ]);
  });

  it.each(['8.6.0', '8.8.0'])('has expired according to the clock of the cluster (%s)', async (version) => {
    const issuer = await provider();
    const { address } = await cluster({
      version,
      authentication: { method: 'oauth2', issuer, audience: 'zeebe-api' },
      clock: manualClock(Date.now() + 3_600_000),
    });
    const { failedStep } = await check({ env: oauthEnv(address, issuer.tokenUrl) });
    expect(failedStep.slice(1)).toEqual([
      'The cluster rejected a token that was just issued as expired or not yet valid: its clock differs from that of ' +
        'the identity provider.',
      'Synchronize the clocks of both. If they are right, increase the lifetime of the tokens of CAMUNDA_CLIENT_ID at ' +
        'the identity provider.',
    ]);
  });
});

describe('check: the address of the cluster', () => {
  it('is that of a web page', async () => {
    const { address, apply } = await cluster();
    apply({ type: 'http-fault', fault: { kind: 'html' } });
    expect((await checkAt(address)).failedStep).toEqual([
      'Topology',
      'This address serves a web page ("Operate"), not the REST API.',
      'Correct the host and path in ZEEBE_REST_ADDRESS: web applications such as Operate have their own addresses.',
    ]);
  });

  it('redirects to a login page', async () => {
    const { address, apply } = await cluster();
    apply({ type: 'http-fault', fault: { kind: 'login-redirect' } });
    expect((await checkAt(address)).failedStep).toEqual([
      'Topology',
      'This address belongs to a web application that redirects to its login page, /login.',
      'Correct the host and path in ZEEBE_REST_ADDRESS: the REST API has no login page.',
    ]);
  });

  it('redirects to https://', async () => {
    const address = await text(308, 'text/html', '', { location: 'https://127.0.0.1/v1/topology' });
    expect((await checkAt(address)).failedStep.slice(1)).toEqual([
      'The cluster requires TLS: it redirects http:// to https://127.0.0.1/v1/topology.',
      'Change http:// to https:// in ZEEBE_REST_ADDRESS.',
    ]);
  });

  it('has the wrong path', async () => {
    const { address } = await cluster({ basePath: 'zeebe' });
    expect((await checkAt(address.origin)).failedStep).toEqual([
      'Topology',
      `The server at ${address.origin}/ answered 404: it has no REST API there.`,
      'Correct the path in ZEEBE_REST_ADDRESS: it is the part before /v1/topology.',
    ]);
  });

  it('has the port of gRPC', async () => {
    const proxy = await httpServer((request) => request.socket.destroy());
    const { failedStep } = await check({
      file: `clusters: [{ name: one, address: 'http://zeebe:26500', proxy_url: '${proxy}' }]`,
    });
    expect(failedStep.slice(1)).toEqual([
      'Port 26500 is the gRPC port of Zeebe, but the exporter uses the REST API.',
      'Set address to the address of the REST API; its port is 8080 by default.',
    ]);
  });

  it('is that of another service with JSON', async () => {
    const address = await text(200, 'application/json', '{"status":"UP"}');
    expect((await checkAt(address)).failedStep.slice(1)).toEqual([
      'The response from this address is not the topology of a Zeebe cluster: expected a topology, got an object with ' +
        'none of brokers, clusterSize, partitionsCount, replicationFactor, gatewayVersion.',
      'Check the host and the path in ZEEBE_REST_ADDRESS.',
    ]);
  });
});

describe('check: the version of the API', () => {
  const onlyV2: RequestListener = (request, response) => {
    if (request.url !== '/v2/topology' || request.headers.authorization === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', 'application/json').end(loopbackTopology);
  };

  it('is set to v1, but only v2 exists, which is tried with the same credentials', async () => {
    const address = await httpServer(onlyV2);
    const v1 = { ZEEBE_API_VERSION: 'v1' };
    const { failedStep } = await checkAt(address, { ...asUser, ...v1 });
    expect(failedStep).toEqual([
      'Topology',
      'This cluster does not serve the API under /v1, but under /v2.',
      'Set ZEEBE_API_VERSION to v2.',
    ]);
    const { tokenUrl, requests } = await provider();
    expect((await check({ env: { ...oauthEnv(address, tokenUrl), ...v1 } })).failedStep).toEqual(failedStep);
    expect(requests().issued).toBe(1);
    const basic = `basic_auth: { username: ${user.username}, password: ${user.password} }, api_version: v1`;
    const { failedStep: inFile } = await check({ file: `clusters: [{ name: one, address: '${address}', ${basic} }]` });
    expect(inFile.at(-1)).toBe('Set api_version to v2.');
    expect((await checkAt(address, asUser)).exitCode).toBe(0);
  });

  it('is set to v2, but Zeebe 8.5 has only v1', async () => {
    const { address } = await cluster({ version: '8.5.8' });
    const { failedStep } = await check({
      file: `clusters: [{ name: one, address: '${address}', api_version: v2 }]`,
    });
    expect(failedStep.slice(1)).toEqual([
      'This cluster does not serve the API under /v2, but under /v1.',
      'Set api_version to v1.',
    ]);
  });

  it('is detected if it is set to auto', async () => {
    const address = await httpServer(onlyV2);
    const { exitCode } = await check({
      file: `clusters: [{ name: one, address: '${address}', api_version: auto, basic_auth: { username: a, password: b } }]`,
    });
    expect(exitCode).toBe(0);
  });
});

describe('check: physical tenants', () => {
  const tenantsOf = { version: '8.10.0', physicalTenants: { orders: { partitions: 2 } } } as const;
  const admin = { username: 'admin', password: 'admin-password' };
  const asAdmin = { CAMUNDA_BASIC_AUTH_USERNAME: admin.username, CAMUNDA_BASIC_AUTH_PASSWORD: admin.password };
  const all = { ZEEBE_PHYSICAL_TENANTS: 'all' };
  const withAdmin = {
    ...tenantsOf,
    authentication: { method: 'basic', ...user },
    clusterAdmin: { method: 'basic', users: [admin] },
  } as const;

  it('are all polled with the credentials of a cluster admin', async () => {
    const { address } = await cluster(withAdmin);
    const { text: report, exitCode } = await checkAt(address, { ...asAdmin, ...all });
    expect(report).toMatch(/✓ Topology: 3 of 3 brokers, 2 physical tenants, \d+ partitions, gateway 8\.10\.0/);
    expect(report).toMatch(/✓ Verdict: healthy/);
    expect(report).not.toContain('tenant default alone');
    expect(exitCode).toBe(0);
  });

  it('are not told by the topology of a gateway of 8.10, which check says', async () => {
    const { address } = await cluster(withAdmin);
    const { text: report, exitCode } = await checkAt(address, asUser);
    expect(report).toContain(
      'the physical tenant default alone: if the cluster has others, set physical_tenants to all',
    );
    expect(exitCode).toBe(0);
    const older = await cluster({ version: '8.9.0' });
    expect((await checkAt(older.address)).text).not.toContain('tenant');
  });

  it('are refused to the user of a tenant, who is told apart from a wrong password', async () => {
    const { address } = await cluster(withAdmin);
    expect((await checkAt(address, { ...asUser, ...all })).failedStep.slice(0, 2)).toEqual([
      'Topology',
      'The cluster accepts these credentials for the physical tenant default, but not for the whole cluster.',
    ]);
    const { failedStep } = await checkAt(address, { ...asUser, CAMUNDA_BASIC_AUTH_PASSWORD: 'wrong', ...all });
    expect(failedStep[1]).toBe('The cluster rejected the user name and password.');
    expect(failedStep[2]).toContain('camunda.security.cluster-admin.basic.users');
  });

  it('are refused to the client of a tenant, and read by one of the cluster admin', async () => {
    const issuer = await provider();
    const authentication = { method: 'oauth2', issuer, audience: client.audience } as const;
    const ofTenant = await cluster({ ...tenantsOf, authentication });
    const env = (address: URL) => ({
      ...oauthEnv(address, issuer.tokenUrl),
      CAMUNDA_TOKEN_AUDIENCE: client.audience,
      ...all,
    });
    const { failedStep } = await check({ env: env(ofTenant.address) });
    expect(failedStep[1]).toContain('but not for the whole cluster');
    expect(failedStep[2]).toContain('camunda.security.cluster-admin.oidc');
    const clusterAdmin = { ...authentication, clients: [client.clientId] };
    const whole = await cluster({ ...tenantsOf, authentication, clusterAdmin });
    expect((await check({ env: env(whole.address) })).exitCode).toBe(0);
  });

  it('do not exist before 8.10, which is told apart from a wrong path', async () => {
    const { address } = await cluster({ version: '8.9.0', authentication: { method: 'basic', ...user } });
    expect((await checkAt(address, { ...asUser, ...all })).failedStep.slice(1)).toEqual([
      'This cluster has no physical tenants: it is older than Camunda 8.10.',
      'Remove ZEEBE_PHYSICAL_TENANTS.',
    ]);
    const elsewhere = await text(404, 'text/plain', 'not found');
    expect((await checkAt(elsewhere, all)).failedStep.at(-1)).toContain('Correct the path in ZEEBE_REST_ADDRESS');
  });

  it('are polled one by one by their addresses, with their own credentials', async () => {
    const { address } = await cluster(withAdmin);
    const at = (id: string, env = asUser) => checkAt(new URL(`physical-tenants/${id}`, address), env);
    expect((await at('default')).exitCode).toBe(0);
    expect((await at('default')).text).not.toContain('tenant default alone');
    expect((await at('unknown', asAdmin)).failedStep).toEqual([
      'Topology',
      'This cluster has no physical tenant with the id unknown (404).',
      'Correct the id at the end of ZEEBE_REST_ADDRESS. Tenants are configured in the cluster, and are there after a rolling restart.',
    ]);
    const without = await cluster({ version: '8.10.0' });
    expect((await checkAt(new URL('physical-tenants/default', without.address))).failedStep.slice(1)).toEqual([
      'This cluster has no configured physical tenants, and so no address for the tenant default (404).',
      'Remove /physical-tenants/default from ZEEBE_REST_ADDRESS.',
    ]);
  });

  it('reject tokens of another issuer or audience, and the providers of the tenant are named', async () => {
    const [ofCluster, ofTenant] = [await provider(), await provider()];
    const { address } = await cluster({
      ...tenantsOf,
      authentication: { method: 'oauth2', issuer: ofCluster, audience: client.audience },
      tenantAuthentication: { orders: { method: 'oauth2', issuer: ofTenant, audience: client.audience } },
    });
    const orders = new URL('physical-tenants/orders', address);
    const env = (tokenUrl: string) => ({ ...oauthEnv(orders, tokenUrl), CAMUNDA_TOKEN_AUDIENCE: client.audience });
    expect((await check({ env: env(ofTenant.tokenUrl) })).exitCode).toBe(0);
    const { failedStep } = await check({ env: env(ofCluster.tokenUrl) });
    expect(failedStep.at(-1)).toContain('among the providers that the physical tenant orders assigns');
  });
});

describe('check: Camunda SaaS', () => {
  const id = '5c34c0a7-7f29-4424-8414-125615f7a9b9';

  it('requires the cluster id in the address, which is reported before anything is sent', async () => {
    const { failedStep, text: all } = await checkAt('https://bru-2.zeebe.camunda.io:443/');
    expect(all).toContain('✗ Settings');
    expect(all).not.toContain('Connection');
    expect(failedStep.slice(-2)).toEqual([
      'The address of a Camunda SaaS cluster has the cluster id as its path, but this address has no path.',
      'Set ZEEBE_REST_ADDRESS to https://bru-2.zeebe.camunda.io/<cluster id>. ' +
        'The API tab of the cluster in Camunda Console shows the id.',
    ]);
  });

  it('requires the cluster id in the path, not in the host as gRPC does', async () => {
    const { failedStep } = await checkAt(`https://${id}.bru-2.zeebe.camunda.io`);
    expect(failedStep.at(-1)).toBe(`Set ZEEBE_REST_ADDRESS to https://bru-2.zeebe.camunda.io/${id}.`);
  });

  const ingress: RequestListener = (request, response) => {
    const refused = request.url?.includes(id) === true;
    response.writeHead(refused ? 401 : 404, { 'content-type': 'text/html' }).end('<title>nginx</title>');
  };

  it('has no cluster with this id', async () => {
    const { failedStep } = await checkBehind(ingress, 'http://bru-2.zeebe.camunda.io/another');
    expect(failedStep.slice(1)).toEqual([
      'Camunda SaaS has no cluster with this id in this region.',
      'Correct address: the API tab of the cluster in Camunda Console shows region and id.',
    ]);
  });

  it('requires a token', async () => {
    const address = `http://bru-2.zeebe.camunda.io/${id}`;
    const { failedStep } = await checkBehind(ingress, address, 'basic_auth: { username: demo, password: demo }');
    expect(failedStep[1]).toBe('The cluster requires a token (OIDC), but a user name and password (Basic) are set.');
  });

  it('rejects the client of another cluster', async () => {
    const { failedStep } = await checkBehind(
      (request, response) => {
        if (request.method === 'GET') return ingress(request, response);
        response.setHeader('content-type', 'application/json').end('{"access_token":"opaque","expires_in":86400}');
      },
      `http://bru-2.zeebe.camunda.io/${id}`,
      'oauth2: { client_id: a, client_secret: b, token_url: "http://login.cloud.camunda.io/oauth/token" }',
    );
    expect(failedStep.slice(1)).toEqual([
      'Camunda SaaS does not accept this client for this cluster.',
      'Check the cluster id in address, and that the client of oauth2.client_id was created in the API tab of this ' +
        'cluster, with access to its REST API.',
    ]);
  });
});

describe('check: the cluster', () => {
  it('is overloaded', async () => {
    const { address, apply } = await cluster();
    apply({ type: 'http-fault', fault: { kind: 'status', status: 503 } });
    expect((await checkAt(address)).failedStep.slice(1)).toEqual([
      'The cluster rejects requests for now: it is overloaded.',
      'Check again later. If it continues, raise ZEEBE_POLL_INTERVAL, now 15 s.',
    ]);
  });

  it('returns a server error', async () => {
    const { address, apply } = await cluster();
    apply({ type: 'http-fault', fault: { kind: 'status', status: 500 } });
    const { failedStep } = await checkAt(address);
    expect(failedStep[1]).toBe(
      'The cluster, or a reverse proxy in front of it, returned HTTP 500: INTERNAL, Simulated answer with status 500.',
    );
    expect(failedStep[2]).toBe(
      'See the logs of the cluster and of any reverse proxy in front of it (ZEEBE_REST_ADDRESS).',
    );
  });

  it('does not answer', async () => {
    const { address, apply } = await cluster();
    apply({ type: 'http-fault', fault: { kind: 'silence' } });
    expect((await checkAt(address, { ZEEBE_POLL_TIMEOUT: '300ms' })).failedStep.slice(1)).toEqual([
      'The cluster accepted the connection, but did not answer within 0.3 s.',
      'Check the cluster and the network; ZEEBE_POLL_TIMEOUT says how long a poll may take.',
    ]);
  });

  it('closes the connection without an HTTP response', async () => {
    const port = await tcpServer((socket) => socket.end('\0\0\0'));
    const { failedStep } = await checkAt(`http://127.0.0.1:${port}`);
    expect(failedStep[1]).toMatch(/^The peer closed the connection or did not answer with HTTP \(.*\)\.$/);
    expect(failedStep[2]).toBe('Correct the port in ZEEBE_REST_ADDRESS: the port of the REST API is 8080 by default.');
  });

  it('can be polled although it is degraded, and the findings are listed', async () => {
    const clock = manualClock();
    const { address, apply } = await cluster({ clock });
    apply({ type: 'broker-crashes', broker: 1 });
    clock.advance(12_000);
    const { text: all, exitCode } = await checkAt(address);
    expect(all).toContain(
      '  ! Verdict: degraded\n' +
        '      broker 1 is missing\n' +
        '      partitions 1, 2 and 3 have 2 of 3 healthy replicas\n',
    );
    expect(exitCode).toBe(0);
  });

  it('can be polled although its gateway knows no topology yet', async () => {
    const { address, apply } = await cluster({ version: '8.6.0' });
    apply({ type: 'gateway-forgets' });
    const { text: all, exitCode } = await checkAt(address);
    expect(all).toContain('  ✓ Topology: 0 brokers, gateway 8.6.0\n  ! Verdict: unknown\n');
    expect(all).toContain('      the gateway knows no topology yet\n');
    expect(exitCode).toBe(0);
  });
});
