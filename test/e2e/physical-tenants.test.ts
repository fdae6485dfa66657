import { createRemoteJWKSet } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type SimulatedClusterOptions, startSimulatedCluster } from '../../src/simulator/simulated-cluster.ts';
import { type ExporterSettings, startExporter, untilHealthy } from './exporter.ts';
import type { Exposition } from './exposition.ts';
import { audience, clientFor, type Keycloak, knownClient, layOutKeycloak } from './systems/keycloak.ts';
import { until } from './until.ts';

const admin = { username: 'admin', password: 'admin-password' };
const user = { username: 'demo', password: 'demo-password' };

async function clusterOf(options: SimulatedClusterOptions) {
  const cluster = await startSimulatedCluster({
    version: '8.10.0',
    partitions: 2,
    physicalTenants: { orders: { partitions: 3 }, returns: { partitions: 1 } },
    ...options,
  });
  onTestFinished(() => cluster.close());
  return cluster;
}

/** Polls every second, by environment variables. */
function poll(address: URL | string, variables: ExporterSettings['environment']) {
  return startExporter({
    environment: {
      ZEEBE_POLL_INTERVAL: '1s',
      ZEEBE_POLL_TIMEOUT: '1s',
      ZEEBE_REST_ADDRESS: String(address),
      ...variables,
    },
  });
}

const asUser = ({ username, password }: typeof user) => ({
  CAMUNDA_BASIC_AUTH_USERNAME: username,
  CAMUNDA_BASIC_AUTH_PASSWORD: password,
});
const all = { ZEEBE_PHYSICAL_TENANTS: 'all' };

function leaderless(page: Exposition): readonly string[] {
  return page
    .series('zeebe_topology_partition_has_leader')
    .flatMap(({ labels, value }) => (value === 0 ? [`${labels.physical_tenant}/${labels.partition}`] : []));
}

describe('a cluster of three physical tenants with Basic', () => {
  const withAdmin = {
    authentication: { method: 'basic', ...user },
    clusterAdmin: { method: 'basic', users: [admin] },
  } as const;

  it('is polled whole by a cluster admin, and one tenant without leader leaves the others as they are', async () => {
    const cluster = await clusterOf(withAdmin);
    const exporter = await poll(cluster.address, { ...asUser(admin), ...all });
    const healthy = await untilHealthy(exporter);
    expect(healthy.value('zeebe_topology_physical_tenants')).toBe(3);
    expect(healthy.series('zeebe_topology_partition_has_leader')).toHaveLength(6);
    cluster.apply({ type: 'mode-changes', tenant: 'orders', mode: 'recovering' });
    const page = await until('a tenant has no leader', 60, async () => {
      const now = await exporter.scrape();
      expect(leaderless(now)).toEqual(['orders/1', 'orders/2', 'orders/3']);
      return now;
    });
    expect(page.set('zeebe_topology_cluster_health', 'health')).toEqual(['unhealthy']);
    const ofDefault = (each: Exposition) =>
      each.series('zeebe_topology_partition_role').filter(({ labels }) => labels.physical_tenant === 'default');
    expect(ofDefault(page)).toEqual(ofDefault(healthy));
    const { body } = await exporter.get('/api/v1/clusters');
    expect(body).toContain(
      'physical tenant orders: partitions 1, 2 and 3 have no leader, and replicas in recovery mode',
    );
  });

  it('is refused to the user of a tenant, and says who may read it', async () => {
    const cluster = await clusterOf(withAdmin);
    const exporter = await poll(cluster.address, { ...asUser(user), ...all });
    await until('a poll has failed', 60, async () => {
      expect((await exporter.scrape()).set('zeebe_topology_auth_failing', 'reason')).toEqual(['credentials_rejected']);
    });
    expect(exporter.running.output()).toContain('camunda.security.cluster-admin.basic.users');
  });

  it('is polled without the setting for the tenant default alone, which the log says', async () => {
    const cluster = await clusterOf(withAdmin);
    const exporter = await poll(cluster.address, asUser(user));
    const page = await untilHealthy(exporter);
    expect(page.value('zeebe_topology_partitions')).toBe(2);
    expect(exporter.running.output()).toContain('set ZEEBE_PHYSICAL_TENANTS to all');
  });
});

describe('a cluster of physical tenants with tokens of Keycloak', () => {
  const ofOrders = { id: 'orders-exporter', secret: 'orders-secret' };
  const ordersAudience = 'orders-api';
  let keycloak: Keycloak;
  beforeAll(async () => {
    keycloak = await layOutKeycloak({ clients: [clientFor(ofOrders, ordersAudience)] });
    await keycloak.start();
  });
  afterAll(() => keycloak.stop());

  const withTokens = (): SimulatedClusterOptions => {
    const keyOf = createRemoteJWKSet(new URL(keycloak.keysUrl));
    const issuer = { issuerUrl: keycloak.issuer, keyOf, introspect: (token: string) => token };
    return {
      authentication: { method: 'oauth2', issuer, audience },
      clusterAdmin: { method: 'oauth2', issuer, audience, clients: [knownClient.id] },
      tenantAuthentication: { orders: { method: 'oauth2', issuer, audience: ordersAudience } },
    };
  };
  const asClient = ({ id, secret }: typeof knownClient) => ({
    CAMUNDA_OAUTH_URL: keycloak.tokenUrl,
    CAMUNDA_CLIENT_ID: id,
    CAMUNDA_CLIENT_SECRET: secret,
  });

  it('is polled whole by a client of the cluster admin', async () => {
    const cluster = await clusterOf(withTokens());
    const page = await untilHealthy(await poll(cluster.address, { ...asClient(knownClient), ...all }));
    expect(page.value('zeebe_topology_physical_tenants')).toBe(3);
    expect(page.value('zeebe_topology_auth_up')).toBe(1);
  });

  it('is polled for one tenant by its address, with tokens for the audience of the tenant', async () => {
    const cluster = await clusterOf(withTokens());
    const orders = new URL('physical-tenants/orders', cluster.address);
    const page = await untilHealthy(await poll(orders, asClient(ofOrders)));
    expect(page.value('zeebe_topology_partitions')).toBe(3);
    const exporter = await poll(orders, asClient(knownClient));
    await until('the token is refused', 60, async () => {
      expect((await exporter.scrape()).set('zeebe_topology_auth_failing', 'reason')).not.toEqual([]);
    });
    expect(exporter.running.output()).toContain('among the providers that the physical tenant orders assigns');
  });

  it('is refused to a client of a tenant', async () => {
    const cluster = await clusterOf(withTokens());
    const exporter = await poll(cluster.address, { ...asClient(ofOrders), ...all });
    await until('a poll has failed', 60, async () => {
      expect((await exporter.scrape()).value('zeebe_topology_auth_up')).toBe(0);
    });
    expect(exporter.running.output()).toContain('camunda.security.cluster-admin.oidc');
  });
});
