import { afterEach, describe, expect, it } from 'vitest';
import type { ClusterAdmin } from '../../src/simulator/cluster-admin.ts';
import { type IdentityProvider, startIdentityProvider } from '../../src/simulator/identity-provider.ts';
import {
  type SimulatedCluster,
  type SimulatedClusterOptions,
  startSimulatedCluster,
} from '../../src/simulator/simulated-cluster.ts';
import { manualClock } from './manual-clock.ts';
import { differences } from './topology-schemas.ts';

const started: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

const open: ClusterAdmin = { method: 'none' };

async function start(options: SimulatedClusterOptions = {}): Promise<SimulatedCluster> {
  const cluster = await startSimulatedCluster({
    version: '8.10.0',
    clusterId: 'a-cluster',
    partitions: 1,
    physicalTenants: { orders: { partitions: 2 } },
    ...options,
  });
  started.push(cluster);
  return cluster;
}

const get = (cluster: SimulatedCluster, path: string, authorization?: string) =>
  fetch(new URL(path, cluster.address), { headers: authorization === undefined ? {} : { authorization } });

const statusOf = async (...request: Parameters<typeof get>) => (await get(...request)).status;

const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

describe('the paths of physical tenants in a simulated cluster', () => {
  it('tell of one tenant in the shape of /v2/topology, and of default without a prefix', async () => {
    const cluster = await start();
    for (const [path, partitionsCount] of [
      ['v1/topology', 1],
      ['v2/topology', 1],
      ['physical-tenants/default/v2/topology', 1],
      ['physical-tenants/orders/v2/topology', 2],
    ] as const) {
      const answer: unknown = await (await get(cluster, path)).json();
      expect(answer).toMatchObject({ partitionsCount });
      expect(differences('topology', answer)).toEqual([]);
    }
  });

  it('come right after the base path', async () => {
    const cluster = await start({ basePath: 'zeebe', clusterAdmin: open });
    expect(await statusOf(cluster, 'physical-tenants/orders/v2/topology')).toBe(200);
    expect(await statusOf(cluster, 'cluster/v2/topology')).toBe(200);
    expect(await statusOf(cluster, '/physical-tenants/orders/zeebe/v2/topology')).toBe(404);
    expect(await statusOf(cluster, '/cluster/v2/topology')).toBe(404);
  });

  it('exist under v2 alone', async () => {
    const cluster = await start();
    expect(await statusOf(cluster, 'physical-tenants/orders/v1/topology')).toBe(404);
    expect(await statusOf(cluster, 'physical-tenants/orders/topology')).toBe(404);
  });

  it('are a 404 before any authentication if the tenant is unknown', async () => {
    const cluster = await start({ authentication: { method: 'basic', username: 'demo', password: 'demo' } });
    expect(await statusOf(cluster, 'physical-tenants/unknown/v2/topology')).toBe(404);
    expect(await statusOf(cluster, 'physical-tenants/orders/v2/topology')).toBe(401);
  });

  it('are a 404 for default too, unless a tenant is configured', async () => {
    const clock = manualClock();
    const cluster = await start({ physicalTenants: {}, clock });
    expect(await statusOf(cluster, 'physical-tenants/default/v2/topology')).toBe(404);
    cluster.apply({ type: 'tenant-added', tenant: 'orders' });
    clock.advance(90_000);
    expect(await statusOf(cluster, 'physical-tenants/default/v2/topology')).toBe(200);
    expect(await statusOf(cluster, 'physical-tenants/orders/v2/topology')).toBe(200);
    const configured = await start({ physicalTenants: { default: {} } });
    expect(await statusOf(configured, 'physical-tenants/default/v2/topology')).toBe(200);
  });

  it.each([{ version: '8.9.0' }, { ingress: 'saas' } as const])('are all a 404 with %j', async (options) => {
    const cluster = await start({ clusterAdmin: open, ...options });
    for (const path of ['physical-tenants/orders/v2/topology', 'cluster/v2/topology', 'cluster/v2/status']) {
      expect(await statusOf(cluster, path)).toBe(404);
    }
    expect(await statusOf(cluster, 'v2/topology')).toBe(200);
  });
});

describe('the topology of a whole simulated cluster', () => {
  it('has the documented shape, and every tenant', async () => {
    const cluster = await start({ clusterAdmin: open, zones: ['eu-west-1', 'eu-central-1'] });
    const response = await get(cluster, 'cluster/v2/topology');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    const answer: unknown = await response.json();
    expect(differences('clusterTopology', answer)).toEqual([]);
    expect(answer).toMatchObject({ clusterId: 'a-cluster', clusterSize: 3, gatewayVersion: '8.10.0' });
    expect(answer).toHaveProperty(
      'physicalTenants',
      expect.arrayContaining([
        expect.objectContaining({ physicalTenantId: 'default', partitionsCount: 1 }),
        expect.objectContaining({ physicalTenantId: 'orders', partitionsCount: 2 }),
      ]),
    );
  });

  it('is there in a cluster without configured tenants, with default alone', async () => {
    const answer: unknown = await (
      await get(await start({ clusterAdmin: open, physicalTenants: {} }), 'cluster/v2/topology')
    ).json();
    expect(answer).toMatchObject({ physicalTenants: [{ physicalTenantId: 'default' }] });
  });

  it('has an order of its own in each answer', async () => {
    const cluster = await start({ clusterAdmin: open, brokers: 7 });
    const texts: string[] = [];
    for (let i = 0; i < 3; i++) texts.push(await (await get(cluster, 'cluster/v2/topology')).text());
    expect(new Set(texts).size).toBe(3);
    expect(new Set(texts.map(({ length }) => length)).size).toBe(1);
  });

  it('accepts only GET', async () => {
    const { address } = await start({ clusterAdmin: open });
    expect(await fetch(new URL('cluster/v2/topology', address), { method: 'POST' })).toHaveProperty('status', 405);
  });
});

describe('the status of a whole simulated cluster', () => {
  it('needs no credentials and names no tenant: healthy, degraded by one tenant, or down', async () => {
    const cluster = await start({ authentication: { method: 'basic', username: 'demo', password: 'demo' } });
    const ask = async () => {
      const response = await get(cluster, 'cluster/v2/status');
      return [response.status, await response.json()];
    };
    expect(await ask()).toEqual([200, { status: 'HEALTHY' }]);
    cluster.apply({ type: 'mode-changes', tenant: 'orders', mode: 'recovering' });
    expect(await ask()).toEqual([200, { status: 'DEGRADED' }]);
    expect(await statusOf(cluster, 'v2/status')).toBe(204);
    cluster.apply({ type: 'mode-changes', mode: 'recovering' });
    expect(await ask()).toEqual([503, { status: 'DOWN' }]);
    expect(await statusOf(cluster, 'v2/status')).toBe(503);
  });
});

describe('a cluster admin with Basic', () => {
  const authentication = { method: 'basic', username: 'demo', password: 'demo' } as const;
  const users = [
    { username: 'operator', password: 'secret' },
    { username: 'monitoring', password: 'secret, too' },
  ];

  it('reads the cluster and no tenant; a tenant’s user reads tenants and not the cluster', async () => {
    const cluster = await start({ authentication, clusterAdmin: { method: 'basic', users } });
    for (const { username, password } of users) {
      expect(await statusOf(cluster, 'cluster/v2/topology', basic(username, password))).toBe(200);
      expect(await statusOf(cluster, 'v2/topology', basic(username, password))).toBe(401);
      expect(await statusOf(cluster, 'physical-tenants/orders/v2/topology', basic(username, password))).toBe(401);
    }
    expect(await statusOf(cluster, 'physical-tenants/orders/v2/topology', basic('demo', 'demo'))).toBe(200);
    const refused = await get(cluster, 'cluster/v2/topology', basic('demo', 'demo'));
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="Realm"']);
    const without = await get(cluster, 'cluster/v2/topology');
    expect([without.status, without.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
  });

  it('is nobody unless configured, in a cluster whose tenants are open too', async () => {
    for (const options of [{ authentication }, {}]) {
      const cluster = await start(options);
      expect(await statusOf(cluster, 'cluster/v2/topology')).toBe(401);
      expect(await statusOf(cluster, 'cluster/v2/topology', basic('demo', 'demo'))).toBe(401);
    }
  });

  it('is needed for every path below /cluster/v2/', async () => {
    const cluster = await start({ clusterAdmin: { method: 'basic', users } });
    expect(await statusOf(cluster, 'cluster/v2/unknown')).toBe(401);
    expect(await statusOf(cluster, 'cluster/v2/unknown', basic('operator', 'secret'))).toBe(404);
  });
});

describe('a simulated cluster with physical tenants and OAuth 2', () => {
  const audience = 'zeebe-api';
  const clientSecret = 'secret';

  async function provider(audiences: Readonly<Record<string, string>>): Promise<IdentityProvider> {
    const clients = Object.entries(audiences).map(([clientId, each]) => ({ clientId, clientSecret, audience: each }));
    const issuer = await startIdentityProvider({ clients });
    started.push(issuer);
    return issuer;
  }

  async function bearer(issuer: IdentityProvider, clientId: string): Promise<string> {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    });
    const answer: unknown = await (await fetch(issuer.tokenUrl, { method: 'POST', body })).json();
    return `Bearer ${Object.entries(answer ?? {}).find(([key]) => key === 'access_token')?.[1]}`;
  }

  it('lets a listed client read the cluster and no tenant, and the others tenants and not the cluster', async () => {
    const issuer = await provider({ 'cluster-admin': audience, app: audience });
    const authentication = { method: 'oauth2', issuer, audience } as const;
    const cluster = await start({
      authentication,
      clusterAdmin: { ...authentication, clients: ['cluster-admin'] },
    });
    const [admin, app] = [await bearer(issuer, 'cluster-admin'), await bearer(issuer, 'app')];
    expect(await statusOf(cluster, 'cluster/v2/topology', admin)).toBe(200);
    expect(await statusOf(cluster, 'v2/topology', admin)).toBe(403);
    expect(await statusOf(cluster, 'physical-tenants/orders/v2/topology', admin)).toBe(403);
    expect(await statusOf(cluster, 'physical-tenants/orders/v2/topology', app)).toBe(200);
    const forbidden = await get(cluster, 'cluster/v2/topology', app);
    expect([forbidden.status, forbidden.headers.get('content-type')]).toEqual([403, 'application/problem+json']);
    expect(await statusOf(cluster, 'cluster/v2/topology')).toBe(401);
    expect(await statusOf(cluster, 'cluster/v2/topology', 'Bearer nonsense')).toBe(401);
  });

  it('denies the cluster to every token if no client is listed', async () => {
    const issuer = await provider({ app: audience });
    const cluster = await start({ authentication: { method: 'oauth2', issuer, audience } });
    expect(await statusOf(cluster, 'cluster/v2/topology', await bearer(issuer, 'app'))).toBe(403);
  });

  it('accepts tokens only from the issuers and for the audiences that the tenant assigns', async () => {
    const [first, second] = [
      await provider({ app: audience, 'orders-app': 'orders-api' }),
      await provider({ partner: 'partner-api' }),
    ];
    const cluster = await start({
      authentication: { method: 'oauth2', issuer: first, audience },
      tenantAuthentication: {
        orders: {
          method: 'oauth2',
          issuer: first,
          audience: 'orders-api',
          further: [{ issuer: second, audience: 'partner-api' }],
        },
      },
    });
    const statuses = async (authorization: string) => ({
      default: await statusOf(cluster, 'v2/topology', authorization),
      orders: await statusOf(cluster, 'physical-tenants/orders/v2/topology', authorization),
    });
    expect(await statuses(await bearer(first, 'app'))).toEqual({ default: 200, orders: 401 });
    expect(await statuses(await bearer(first, 'orders-app'))).toEqual({ default: 401, orders: 200 });
    expect(await statuses(await bearer(second, 'partner'))).toEqual({ default: 401, orders: 200 });
    const refused = await get(cluster, 'physical-tenants/orders/v2/topology', await bearer(first, 'app'));
    expect(refused.headers.get('www-authenticate')).toContain(
      'Token audiences are [zeebe-api], expected at least one of [orders-api]',
    );
  });
});
