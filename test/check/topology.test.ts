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

/** Everything is answered as a SaaS host would, by a proxy that stands for all hosts. */
async function checkBehind(answer: RequestListener, address: string, ...lines: readonly string[]) {
  const proxy = await httpServer(answer);
  const settings = [`name: one`, `address: ${address}`, `proxy_url: ${proxy}`, ...lines];
  return check({ file: ['clusters:', '  -', ...settings.map((line) => `    ${line}`)].join('\n') });
}

const text = (status: number, type: string, body: string, headers = {}) =>
  httpServer((_request, response) => response.writeHead(status, { 'content-type': type, ...headers }).end(body));

describe('credentials', () => {
  it('are asked for where none are set', async () => {
    const { address } = await cluster({ version: '8.8.0', authentication: { method: 'basic', ...user } });
    const { trouble, exitCode } = await checkAt(address);
    expect(trouble).toEqual([
      'Topology',
      'The cluster asks for credentials, and no credentials are set.',
      'Set CAMUNDA_BASIC_AUTH_USERNAME and CAMUNDA_BASIC_AUTH_PASSWORD, or CAMUNDA_CLIENT_ID and ' +
        'CAMUNDA_CLIENT_SECRET, whichever the cluster asks for.',
    ]);
    expect(exitCode).toBe(1);
  });

  it('are asked for, of the kind that the cluster tells', async () => {
    const basic = await cluster({ version: '8.6.0', authentication: { method: 'basic', ...user } });
    expect((await checkAt(basic.address)).trouble.slice(1)).toEqual([
      'The cluster asks for a user name and password (Basic), and no credentials are set.',
      'Set CAMUNDA_BASIC_AUTH_USERNAME and CAMUNDA_BASIC_AUTH_PASSWORD.',
    ]);
    const issuer = await provider();
    const bearer = await cluster({
      version: '8.8.0',
      authentication: { method: 'oauth2', issuer, audience: 'zeebe-api' },
    });
    expect((await checkAt(bearer.address)).trouble.slice(1)).toEqual([
      'The cluster asks for a token (OIDC), and no credentials are set.',
      'Set CAMUNDA_CLIENT_ID and CAMUNDA_CLIENT_SECRET.',
    ]);
  });

  it.each(['8.6.0', '8.8.0'])('are Basic where OIDC is asked for (%s)', async (version) => {
    const issuer = await provider();
    const { address } = await cluster({ version, authentication: { method: 'oauth2', issuer, audience: 'zeebe-api' } });
    expect((await checkAt(address, asUser)).trouble).toEqual([
      'Topology',
      'The cluster asks for a token (OIDC), and a user name and password are set (Basic).',
      'Set CAMUNDA_CLIENT_ID and CAMUNDA_CLIENT_SECRET instead of CAMUNDA_BASIC_AUTH_USERNAME and ' +
        'CAMUNDA_BASIC_AUTH_PASSWORD.',
    ]);
  });

  it('are OIDC where Basic is asked for', async () => {
    const { address } = await cluster({ version: '8.6.0', authentication: { method: 'basic', ...user } });
    const { tokenUrl } = await provider();
    expect((await check({ env: oauthEnv(address, tokenUrl) })).trouble.slice(1)).toEqual([
      'The cluster asks for a user name and password (Basic), and was sent a token (OIDC).',
      'Set CAMUNDA_BASIC_AUTH_USERNAME and CAMUNDA_BASIC_AUTH_PASSWORD instead of CAMUNDA_CLIENT_ID and ' +
        'CAMUNDA_CLIENT_SECRET.',
    ]);
  });

  it('are a wrong password', async () => {
    const { address } = await cluster({ version: '8.8.0', authentication: { method: 'basic', ...user } });
    const { trouble } = await checkAt(address, { ...asUser, CAMUNDA_BASIC_AUTH_PASSWORD: 'wrong' });
    expect(trouble.slice(1)).toEqual([
      'The cluster does not accept this user name and password.',
      'Correct CAMUNDA_BASIC_AUTH_USERNAME and CAMUNDA_BASIC_AUTH_PASSWORD.',
    ]);
  });

  it('are known and not allowed to read', async () => {
    const { address, apply } = await cluster({ authentication: { method: 'basic', ...user } });
    apply({ type: 'http-fault', fault: { kind: 'status', status: 403 } });
    expect((await checkAt(address, asUser)).trouble.slice(1)).toEqual([
      'The cluster, or what stands in front of it, knows who asks and does not allow it to read (403).',
      'Give the user of CAMUNDA_BASIC_AUTH_USERNAME the right to read the cluster, ' +
        'or check the ingress or firewall in front of it.',
    ]);
  });

  it('are a new token that is not allowed to read', async () => {
    const { address, apply } = await cluster();
    apply({ type: 'http-fault', fault: { kind: 'status', status: 403 } });
    const { tokenUrl } = await provider();
    expect((await check({ env: oauthEnv(address, tokenUrl) })).trouble.slice(1)).toEqual([
      'The cluster, or what stands in front of it, knows who asks and does not allow it to read (403), ' +
        'though the token was issued just now.',
      'Give the client of CAMUNDA_CLIENT_ID the right to read the cluster, ' +
        'or check the ingress or firewall in front of it.',
    ]);
  });

  it('do not follow a redirect', async () => {
    const seen: string[] = [];
    const elsewhere = await httpServer((request, response) => {
      seen.push(`${request.headers.authorization}`);
      response.end();
    });
    const address = await text(302, 'text/html', '', { location: elsewhere });
    expect((await checkAt(address, asUser)).trouble.slice(1)).toEqual([
      `The address sends everybody on to ${elsewhere}, and credentials are not sent after.`,
      'Write the address of the REST API itself in ZEEBE_REST_ADDRESS.',
    ]);
    expect(seen).toEqual([]);
  });
});

describe('the audience of the token', () => {
  it.each([
    ['8.6.0', 'another one'],
    ['8.8.0', '"zeebe-api"'],
  ])('is not the one that the cluster wants (%s)', async (version, wanted) => {
    const { audience, ...withoutMapper } = client;
    const issuer = await provider({ clients: [withoutMapper] });
    const { address } = await cluster({ version, authentication: { method: 'oauth2', issuer, audience } });
    const { trouble } = await check({ env: oauthEnv(address, issuer.tokenUrl) });
    expect(trouble).toEqual([
      'Topology',
      `The token is for the audience "account", and the cluster wants it to be for ${wanted}.`,
      `In Keycloak, give the client "exporter" an audience mapper for ` +
        `${wanted === 'another one' ? 'the audience that the cluster wants' : wanted}: ` +
        'Keycloak does not heed CAMUNDA_TOKEN_AUDIENCE.',
    ]);
    expect(issuer.requests().issued).toBe(1);
  });

  it('is the one that was asked for, where the provider heeds that', async () => {
    const issuer = await provider({ flavour: 'saas', throttle: false, clients: [{ ...client, audience: ['a', 'b'] }] });
    const { address } = await cluster({
      version: '8.8.0',
      authentication: { method: 'oauth2', issuer, audience: 'b' },
    });
    const env = oauthEnv(address, issuer.tokenUrl);
    const { trouble } = await check({ env: { ...env, CAMUNDA_TOKEN_AUDIENCE: 'a' } });
    expect(trouble.slice(1)).toEqual([
      'The token is for the audience "a", and the cluster wants it to be for "b".',
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
    const { trouble } = await check({
      env: { ...oauthEnv(address, issuer.tokenUrl), CAMUNDA_OAUTH_SCOPE: 'other/.default' },
    });
    expect(trouble.slice(1)).toEqual([
      'The token is for the audience "other", and the cluster wants it to be for "zeebe-api".',
      'Set CAMUNDA_OAUTH_SCOPE to <application id of the cluster>/.default.',
    ]);
  });

  it('cannot be seen in an opaque token', async () => {
    const issuer = await provider({ flavour: 'saas', tokens: 'opaque', clients: [{ ...client, audience: ['a'] }] });
    const { address } = await cluster({
      version: '8.8.0',
      authentication: { method: 'oauth2', issuer, audience: 'b' },
    });
    const { trouble } = await check({
      env: { ...oauthEnv(address, issuer.tokenUrl), CAMUNDA_TOKEN_AUDIENCE: 'a' },
    });
    expect(trouble[1]).toBe('The token is for no audience that can be seen, and the cluster wants it to be for "b".');
  });
});

describe('the token', () => {
  it('comes from somebody whom the cluster does not trust', async () => {
    const mine = await provider();
    const issuer = await provider();
    const { address } = await cluster({
      version: '8.8.0',
      authentication: { method: 'oauth2', issuer, audience: 'zeebe-api' },
    });
    const { trouble } = await check({ env: oauthEnv(address, mine.tokenUrl) });
    expect(trouble.slice(1)).toEqual([
      `The cluster does not trust this token, new as it is. It comes from ${mine.issuerUrl}.`,
      'Check that CAMUNDA_OAUTH_URL is of the identity provider that the cluster itself is set up with. ' +
        'A cluster that asks for a user name and password refuses tokens in the same way.',
    ]);
  });

  it.each(['8.6.0', '8.8.0'])('has expired by the clock of the cluster (%s)', async (version) => {
    const issuer = await provider();
    const { address } = await cluster({
      version,
      authentication: { method: 'oauth2', issuer, audience: 'zeebe-api' },
      clock: manualClock(Date.now() + 3_600_000),
    });
    const { trouble } = await check({ env: oauthEnv(address, issuer.tokenUrl) });
    expect(trouble.slice(1)).toEqual([
      'The cluster takes a new token for one that is not valid now: its clock is not that of the identity provider.',
      'Set the clocks of both. If they are right, give the tokens of CAMUNDA_CLIENT_ID a longer life.',
    ]);
  });
});

describe('the address', () => {
  it('is that of a web page', async () => {
    const { address, apply } = await cluster();
    apply({ type: 'http-fault', fault: { kind: 'html' } });
    expect((await checkAt(address)).trouble).toEqual([
      'Topology',
      'At this address is a web page ("Operate"), not the REST API.',
      'Correct host and path in ZEEBE_REST_ADDRESS: web applications such as Operate have addresses of their own.',
    ]);
  });

  it('redirects to a login page', async () => {
    const { address, apply } = await cluster();
    apply({ type: 'http-fault', fault: { kind: 'login-redirect' } });
    expect((await checkAt(address)).trouble).toEqual([
      'Topology',
      'At this address is a web application that sends everybody to its login page, /login.',
      'Correct host and path in ZEEBE_REST_ADDRESS: the REST API asks for no login page.',
    ]);
  });

  it('redirects to https://', async () => {
    const address = await text(308, 'text/html', '', { location: 'https://127.0.0.1/v1/topology' });
    expect((await checkAt(address)).trouble.slice(1)).toEqual([
      'The cluster wants an encrypted connection (TLS): it sends http:// on to https://127.0.0.1/v1/topology.',
      'Write https:// in ZEEBE_REST_ADDRESS.',
    ]);
  });

  it('has the wrong path', async () => {
    const { address } = await cluster({ basePath: 'zeebe' });
    expect((await checkAt(address.origin)).trouble).toEqual([
      'Topology',
      `Something answers at ${address.origin}/, but the REST API is not there.`,
      'Correct the path in ZEEBE_REST_ADDRESS: it is what stands before /v1/topology.',
    ]);
  });

  it('has the port of gRPC', async () => {
    const proxy = await httpServer((request) => request.socket.destroy());
    const { trouble } = await check({
      file: `clusters: [{ name: one, address: 'http://zeebe:26500', proxy_url: '${proxy}' }]`,
    });
    expect(trouble.slice(1)).toEqual([
      'Port 26500 is that of gRPC, which the topology is not asked over.',
      'Write the address of the REST API in address: its port is 8080 by default.',
    ]);
  });

  it('is that of something else that speaks JSON', async () => {
    const address = await text(200, 'application/json', '{"status":"UP"}');
    expect((await checkAt(address)).trouble.slice(1)).toEqual([
      'What comes from this address is not the topology of a Zeebe cluster: expected a topology, got an object with ' +
        'none of brokers, clusterSize, partitionsCount, replicationFactor, gatewayVersion.',
      'Check that ZEEBE_REST_ADDRESS is the address of a Zeebe REST API.',
    ]);
  });
});

describe('the version of the API', () => {
  const onlyV2: RequestListener = (request, response) => {
    if (request.url !== '/v2/topology' || request.headers.authorization === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', 'application/json').end(loopbackTopology);
  };

  it('is v1 where there is only v2, which is tried with the same credentials', async () => {
    const address = await httpServer(onlyV2);
    const { trouble } = await checkAt(address, asUser);
    expect(trouble).toEqual([
      'Topology',
      'This cluster does not have the API /v1, it has /v2.',
      'Let ZEEBE_REST_ADDRESS end with /v2.',
    ]);
    const { tokenUrl, requests } = await provider();
    expect((await check({ env: oauthEnv(address, tokenUrl) })).trouble).toEqual(trouble);
    expect(requests().issued).toBe(1);
    const basic = `basic_auth: { username: ${user.username}, password: ${user.password} }`;
    const { trouble: inFile } = await check({ file: `clusters: [{ name: one, address: '${address}', ${basic} }]` });
    expect(inFile.at(-1)).toBe('Set api_version to v2.');
  });

  it('is v2 on 8.5, which has v1 only', async () => {
    const { address } = await cluster({ version: '8.5.8' });
    const { trouble } = await check({
      file: `clusters: [{ name: one, address: '${address}', api_version: v2 }]`,
    });
    expect(trouble.slice(1)).toEqual(['This cluster does not have the API /v2, it has /v1.', 'Set api_version to v1.']);
  });

  it('is found out where it may be', async () => {
    const address = await httpServer(onlyV2);
    const { exitCode } = await check({
      file: `clusters: [{ name: one, address: '${address}', api_version: auto, basic_auth: { username: a, password: b } }]`,
    });
    expect(exitCode).toBe(0);
  });
});

describe("Camunda's SaaS", () => {
  const id = '5c34c0a7-7f29-4424-8414-125615f7a9b9';

  it('wants the id of the cluster in the address, before anything is sent', async () => {
    const { trouble, text: all } = await checkAt('https://bru-2.zeebe.camunda.io:443/');
    expect(all).toContain('✗ Settings');
    expect(all).not.toContain('Connection');
    expect(trouble.slice(-2)).toEqual([
      "The address of a cluster of Camunda's SaaS has the cluster's id behind the host, and this one has nothing there.",
      'Set ZEEBE_REST_ADDRESS to https://bru-2.zeebe.camunda.io/<cluster id>. ' +
        "The cluster's API tab in Camunda's console shows the id.",
    ]);
  });

  it('wants it there, not where gRPC wants it', async () => {
    const { trouble } = await checkAt(`https://${id}.bru-2.zeebe.camunda.io`);
    expect(trouble.at(-1)).toBe(`Set ZEEBE_REST_ADDRESS to https://bru-2.zeebe.camunda.io/${id}.`);
  });

  const ingress: RequestListener = (request, response) => {
    const refused = request.url?.includes(id) === true;
    response.writeHead(refused ? 401 : 404, { 'content-type': 'text/html' }).end('<title>nginx</title>');
  };

  it('has no cluster of this id', async () => {
    const { trouble } = await checkBehind(ingress, 'http://bru-2.zeebe.camunda.io/another');
    expect(trouble.slice(1)).toEqual([
      "Camunda's SaaS has no cluster of this id in this region.",
      "Correct address: the cluster's API tab in Camunda's console shows region and id.",
    ]);
  });

  it('asks for a token', async () => {
    const address = `http://bru-2.zeebe.camunda.io/${id}`;
    const { trouble } = await checkBehind(ingress, address, 'basic_auth: { username: demo, password: demo }');
    expect(trouble[1]).toBe('The cluster asks for a token (OIDC), and a user name and password are set (Basic).');
  });

  it('does not let the client of another cluster in', async () => {
    const { trouble } = await checkBehind(
      (request, response) => {
        if (request.method === 'GET') return ingress(request, response);
        response.setHeader('content-type', 'application/json').end('{"access_token":"opaque","expires_in":86400}');
      },
      `http://bru-2.zeebe.camunda.io/${id}`,
      'oauth2: { client_id: a, client_secret: b, token_url: "http://login.cloud.camunda.io/oauth/token" }',
    );
    expect(trouble.slice(1)).toEqual([
      "Camunda's SaaS does not let this client into this cluster.",
      'Check the cluster id in address, and that the client of oauth2.client_id was made in the API tab of this very ' +
        'cluster, with the right to use its REST API.',
    ]);
  });
});

describe('the cluster', () => {
  it('has too much to do', async () => {
    const { address, apply } = await cluster();
    apply({ type: 'http-fault', fault: { kind: 'status', status: 503 } });
    expect((await checkAt(address)).trouble.slice(1)).toEqual([
      'The cluster refuses requests for now: it has too much to do.',
      'Check again later. If it goes on, raise ZEEBE_POLL_INTERVAL, now 15 s.',
    ]);
  });

  it('is in trouble itself', async () => {
    const { address, apply } = await cluster();
    apply({ type: 'http-fault', fault: { kind: 'status', status: 500 } });
    const { trouble } = await checkAt(address);
    expect(trouble[1]).toBe(
      'The cluster, or what stands in front of it, answers with status 500: INTERNAL, Simulated answer with status 500.',
    );
    expect(trouble[2]).toBe('See the log of the cluster, and of what stands in front of it at ZEEBE_REST_ADDRESS.');
  });

  it('does not answer', async () => {
    const { address, apply } = await cluster();
    apply({ type: 'http-fault', fault: { kind: 'silence' } });
    expect((await checkAt(address, { ZEEBE_POLL_TIMEOUT: '300ms' })).trouble.slice(1)).toEqual([
      'The cluster takes the connection, and does not answer within 0.3 s.',
      'See whether the cluster is overloaded or just starting; ZEEBE_POLL_TIMEOUT says how long to wait.',
    ]);
  });

  it('does not speak HTTP', async () => {
    const port = await tcpServer((socket) => socket.end('\0\0\0'));
    const { trouble } = await checkAt(`http://127.0.0.1:${port}`);
    expect(trouble[1]).toMatch(
      /^The connection came about, but what answers does not speak HTTP, or hangs up \(.*\)\.$/,
    );
    expect(trouble[2]).toBe('Correct the port in ZEEBE_REST_ADDRESS: that of the REST API is 8080 by default.');
  });

  it('can be polled though it is ill, and why it is stands there', async () => {
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

  it('can be polled though its gateway knows nothing yet', async () => {
    const { address, apply } = await cluster({ version: '8.6.0' });
    apply({ type: 'gateway-forgets' });
    const { text: all, exitCode } = await checkAt(address);
    expect(all).toContain('  ✓ Topology: 0 brokers, gateway 8.6.0\n  ! Verdict: unknown\n');
    expect(all).toContain('      the gateway knows no topology yet\n');
    expect(exitCode).toBe(0);
  });
});
