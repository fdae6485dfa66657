import { request as httpsRequest } from 'node:https';
import { generateKeyPair, SignJWT } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type IdentityProvider,
  type IdentityProviderOptions,
  startIdentityProvider,
} from '../../src/simulator/identity-provider.ts';
import {
  type SimulatedCluster,
  type SimulatedClusterOptions,
  startSimulatedCluster,
} from '../../src/simulator/simulated-cluster.ts';
import { loopbackCertificate } from './loopback-certificate.ts';
import { manualClock } from './manual-clock.ts';

const started: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

async function start(options: SimulatedClusterOptions = {}): Promise<SimulatedCluster> {
  const cluster = await startSimulatedCluster(options);
  started.push(cluster);
  return cluster;
}

const get = (cluster: SimulatedCluster, path = 'v1/topology', authorization?: string) =>
  fetch(new URL(path, cluster.address), {
    redirect: 'manual',
    headers: authorization === undefined ? {} : { authorization },
  });

const typeOf = (response: Response) => response.headers.get('content-type');

describe('the REST API of a simulated cluster', () => {
  it('serves v1 and v2 from 8.6 on', async () => {
    const cluster = await start({ version: '8.6.0' });
    for (const path of ['v1/topology', 'v2/topology']) {
      const response = await get(cluster, path);
      expect([response.status, typeOf(response)]).toEqual([200, 'application/json']);
      expect(await response.json()).toMatchObject({ clusterSize: 3, partitionsCount: 3, gatewayVersion: '8.6.0' });
    }
  });

  it('serves only v1 in 8.5, where v2 is a 404 with a problem', async () => {
    const cluster = await start({ version: '8.5.8' });
    expect((await get(cluster)).status).toBe(200);
    const response = await get(cluster, 'v2/topology');
    expect([response.status, typeOf(response)]).toEqual([404, 'application/problem+json']);
    expect(await response.json()).toMatchObject({ status: 404, instance: '/v2/topology' });
  });

  it('is below the base path, and any other path is a 404 of nginx on SaaS', async () => {
    const cluster = await start({ basePath: '0f4a-uuid', ingress: 'saas' });
    expect(cluster.address.pathname).toBe('/0f4a-uuid/');
    expect((await get(cluster)).status).toBe(200);
    const response = await get(cluster, '/v1/topology');
    expect([response.status, typeOf(response)]).toEqual([404, 'text/html']);
  });

  it('accepts only GET', async () => {
    const { address } = await start();
    expect(await fetch(new URL('v1/topology', address), { method: 'POST' })).toHaveProperty('status', 405);
  });

  it('serves v2/status without authentication from 8.8 on: 204 with a healthy leader, else 503', async () => {
    const authentication = { method: 'basic', username: 'demo', password: 'demo' } as const;
    const clock = manualClock();
    const cluster = await start({ version: '8.8.0', authentication, clock });
    expect((await get(cluster, 'v2/status')).status).toBe(204);
    cluster.apply({ type: 'broker-crashes', broker: 0 });
    cluster.apply({ type: 'broker-crashes', broker: 1 });
    clock.advance(12_000);
    expect((await get(cluster, 'v2/status')).status).toBe(503);
    expect((await get(await start({ version: '8.6.0' }), 'v2/status')).status).toBe(404);
  });
});

describe('the script of a simulated cluster', () => {
  it('follows the given clock', async () => {
    const clock = manualClock();
    const cluster = await start({
      clock,
      script: { events: [{ at: 1_000, event: { type: 'broker-crashes', broker: 2 } }] },
    });
    const listed = async () => {
      await get(cluster);
      return [...cluster.state().brokers.values()].filter((broker) => broker.listed).length;
    };
    clock.advance(12_000);
    expect(await listed()).toBe(3);
    clock.advance(500);
    expect(await listed()).toBe(2);
  });

  it('leads to the same answers for the same seed', async () => {
    const [one, two, other] = [await start({ seed: 7 }), await start({ seed: 7 }), await start({ seed: 8 })];
    const answers = async (cluster: SimulatedCluster) => {
      const texts: string[] = [];
      for (let i = 0; i < 5; i++) texts.push(await (await get(cluster)).text());
      return texts;
    };
    const told = await answers(one);
    expect(await answers(two)).toEqual(told);
    expect(await answers(other)).not.toEqual(told);
    expect(new Set(told).size).toBeGreaterThan(1);
  });
});

describe('an HTTP fault of a simulated cluster', () => {
  it('can be back pressure, as a problem that names RESOURCE_EXHAUSTED', async () => {
    const cluster = await start();
    cluster.apply({ type: 'http-fault', fault: { kind: 'status', status: 503, retryAfter: 5 } });
    const response = await get(cluster);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await response.json()).toMatchObject({ title: 'RESOURCE_EXHAUSTED', status: 503 });
    cluster.apply({ type: 'http-recovers' });
    expect((await get(cluster)).status).toBe(200);
  });

  it('can be an HTML page, or a redirect to a login', async () => {
    const cluster = await start();
    cluster.apply({ type: 'http-fault', fault: { kind: 'html' } });
    const page = await get(cluster);
    expect([page.status, typeOf(page)]).toEqual([200, 'text/html']);
    cluster.apply({ type: 'http-fault', fault: { kind: 'login-redirect' } });
    const redirect = await get(cluster);
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, '/login']);
  });

  it('can be a closed connection, or no answer until the cluster is closed', async () => {
    const cluster = await start();
    cluster.apply({ type: 'http-fault', fault: { kind: 'hang-up' } });
    await expect(get(cluster)).rejects.toThrow('fetch failed');
    cluster.apply({ type: 'http-fault', fault: { kind: 'silence' } });
    const answer = get(cluster);
    await vi.waitFor(() => expect(cluster.requests().other).toBe(2), { timeout: 20_000 });
    await cluster.close();
    await expect(answer).rejects.toThrow('fetch failed');
  });
});

describe('Basic authentication of a simulated cluster', () => {
  const authentication = { method: 'basic', username: 'demo', password: 'p:ä' } as const;
  const basic = (password: string) => `Basic ${Buffer.from(`demo:${password}`).toString('base64')}`;

  it('accepts the right credentials', async () => {
    const cluster = await start({ authentication });
    expect((await get(cluster, 'v1/topology', basic('p:ä'))).status).toBe(200);
    expect(cluster.requests()).toEqual({ answered: 1, refused: 0, other: 0 });
  });

  it('is done by an nginx in front before 8.8', async () => {
    const cluster = await start({ authentication, version: '8.6.0' });
    for (const authorization of [undefined, basic('wrong')]) {
      const response = await get(cluster, 'v1/topology', authorization);
      expect([response.status, typeOf(response)]).toEqual([401, 'text/html']);
      expect(response.headers.get('www-authenticate')).toMatch(/^Basic /);
    }
    expect(cluster.requests()).toEqual({ answered: 0, refused: 2, other: 0 });
  });

  it('is done by the cluster from 8.8 on: a problem without credentials, a challenge for wrong ones', async () => {
    const cluster = await start({ authentication, version: '8.8.0' });
    const without = await get(cluster);
    expect([without.status, typeOf(without)]).toEqual([401, 'application/problem+json']);
    expect(without.headers.has('www-authenticate')).toBe(false);
    expect(await without.json()).toMatchObject({ title: 'Unauthorized', status: 401, instance: '/v1/topology' });
    const wrong = await get(cluster, 'v1/topology', basic('wrong'));
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="Realm"']);
  });
});

describe('OAuth 2 of a simulated cluster', () => {
  const clock = manualClock();
  const audience = 'zeebe-api';

  async function secured(options: SimulatedClusterOptions, provided: Partial<IdentityProviderOptions> = {}) {
    const clients = [{ clientId: 'exporter', clientSecret: 'secret', audience }];
    const issuer = await startIdentityProvider({ clients, clock, ...provided });
    started.push(issuer);
    const cluster = await start({ clock, authentication: { method: 'oauth2', issuer, audience }, ...options });
    return { issuer, cluster };
  }

  async function tokenFrom(issuer: IdentityProvider): Promise<string> {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'exporter',
      client_secret: 'secret',
    });
    const answer: unknown = await (await fetch(issuer.tokenUrl, { method: 'POST', body })).json();
    return Object.entries(answer ?? {}).find(([key]) => key === 'access_token')?.[1];
  }

  async function forged(issuer: IdentityProvider, kid: string | undefined): Promise<string> {
    const { privateKey } = await generateKeyPair('RS256');
    return new SignJWT({})
      .setProtectedHeader({ alg: 'RS256', kid: kid ?? 'unknown' })
      .setIssuer(issuer.issuerUrl)
      .setAudience(audience)
      .setExpirationTime(clock.now() / 1000 + 300)
      .sign(privateKey);
  }

  it.each(['8.6.0', '8.9.0'])('accepts a valid token (%s), a JWT and an opaque one', async (version) => {
    for (const tokens of ['jwt', 'opaque'] as const) {
      const { issuer, cluster } = await secured({ version }, { tokens });
      expect((await get(cluster, 'v1/topology', `Bearer ${await tokenFrom(issuer)}`)).status).toBe(200);
    }
  });

  describe('in 8.6, where every 401 is a problem without a challenge', () => {
    const detailOf = async (cluster: SimulatedCluster, authorization?: string) => {
      const response = await get(cluster, 'v1/topology', authorization);
      expect([response.status, typeOf(response)]).toEqual([401, 'application/problem+json']);
      expect(response.headers.has('www-authenticate')).toBe(false);
      const body: unknown = await response.json();
      return Object.entries(body ?? {}).find(([key]) => key === 'detail')?.[1];
    };

    it('distinguishes a missing token from an invalid one', async () => {
      const { cluster } = await secured({});
      expect(await detailOf(cluster)).toBe('Access Denied');
      expect(await detailOf(cluster, 'Bearer nonsense')).toBe('error decoding jwt');
      expect(await detailOf(cluster, 'Basic ZGVtbzpkZW1v')).toBe('error decoding jwt');
    });

    it('rejects a token as soon as it has expired', async () => {
      const { issuer, cluster } = await secured({}, { tokenLifetime: 60 });
      const token = await tokenFrom(issuer);
      clock.advance(59_000);
      expect((await get(cluster, 'v1/topology', `Bearer ${token}`)).status).toBe(200);
      clock.advance(1_000);
      expect(await detailOf(cluster, `Bearer ${token}`)).toBe('the token has expired');
    });

    it('rejects another audience, another issuer, another key', async () => {
      const { issuer, cluster } = await secured({});
      issuer.apply({ type: 'audience-changes', clientId: 'exporter', audience: 'account' });
      expect(await detailOf(cluster, `Bearer ${await tokenFrom(issuer)}`)).toBe('the provided claims are invalid');
      const kid = issuer.keys().keys[0]?.kid;
      for (const token of [await forged(issuer, kid), await forged(issuer, undefined)]) {
        expect(await detailOf(cluster, `Bearer ${token}`)).toBe('the token signature is invalid');
      }
    });
  });

  describe('from 8.8 on, where every 401 has a challenge and no body', () => {
    const challengeOf = async (cluster: SimulatedCluster, authorization?: string) => {
      const response = await get(cluster, 'v2/topology', authorization);
      expect([response.status, await response.text()]).toEqual([401, '']);
      return response.headers.get('www-authenticate');
    };

    it('asks for a token', async () => {
      const { cluster } = await secured({ version: '8.9.0' });
      expect(await challengeOf(cluster)).toBe('Bearer');
    });

    it('names the audiences', async () => {
      const { issuer, cluster } = await secured({ version: '8.9.0' });
      issuer.apply({ type: 'audience-changes', clientId: 'exporter', audience: 'account' });
      const challenge = await challengeOf(cluster, `Bearer ${await tokenFrom(issuer)}`);
      expect(challenge).toMatch(/^Bearer error="invalid_token", error_description="/);
      expect(challenge).toContain('Token audiences are [account], expected at least one of [zeebe-api]');
    });

    it('allows a minute of clock skew, and then names the expiry', async () => {
      const { issuer, cluster } = await secured({ version: '8.9.0' }, { tokenLifetime: 60 });
      const token = await tokenFrom(issuer);
      clock.advance(119_000);
      expect((await get(cluster, 'v2/topology', `Bearer ${token}`)).status).toBe(200);
      clock.advance(1_000);
      const challenge = await challengeOf(cluster, `Bearer ${token}`);
      expect(challenge).toMatch(/Jwt expired at 2030-01-01T\d\d:\d\d:\d\dZ/);
    });

    it('rejects another name of the issuer, and keys from before a rotation', async () => {
      const { issuer, cluster } = await secured({ version: '8.9.0' });
      const token = await tokenFrom(issuer);
      issuer.apply({ type: 'keys-rotate' });
      expect(await challengeOf(cluster, `Bearer ${token}`)).toContain('no matching key(s) found');
      const renamed = { ...issuer, issuerUrl: 'https://elsewhere.example' };
      const elsewhere = await start({
        clock,
        version: '8.9.0',
        authentication: { method: 'oauth2', issuer: renamed, audience },
      });
      expect(await challengeOf(elsewhere, `Bearer ${await tokenFrom(issuer)}`)).toContain('The iss claim is not valid');
    });
  });

  it('answers 500 instead of 401 if the keys cannot be fetched', async () => {
    const { issuer } = await secured({});
    const keyOf = () => Promise.reject(new TypeError('fetch failed'));
    const cluster = await start({
      clock,
      authentication: { method: 'oauth2', issuer: { ...issuer, keyOf }, audience },
    });
    expect((await get(cluster, 'v1/topology', `Bearer ${await tokenFrom(issuer)}`)).status).toBe(500);
  });

  it('is rejected by the ingress of SaaS with an HTML page', async () => {
    const { cluster } = await secured({ ingress: 'saas', basePath: '/uuid', version: '8.9.0' });
    const response = await get(cluster, 'v2/topology', 'Bearer nonsense');
    expect([response.status, typeOf(response)]).toEqual([401, 'text/html']);
  });
});

it('serves a simulated cluster over TLS with a key and a certificate', async () => {
  const cluster = await start({ tls: loopbackCertificate });
  const status = await new Promise((resolve, reject) => {
    const request = httpsRequest(new URL('v1/topology', cluster.address), {
      ca: loopbackCertificate.cert,
      agent: false,
    });
    request.on('response', (response) => resolve(response.resume().statusCode));
    request.on('error', reject);
    request.end();
  });
  expect(status).toBe(200);
});

it('rejects the start of a simulated cluster whose port is in use', async () => {
  const { address } = await start();
  await expect(start({ port: Number(address.port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
