import createCamundaClient from '@camunda8/orchestration-cluster-api';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startIdentityProvider } from '../../src/simulator/identity-provider.ts';
import {
  type SimulatedCluster,
  type SimulatedClusterOptions,
  startSimulatedCluster,
} from '../../src/simulator/simulated-cluster.ts';

const started: { close(): Promise<void> }[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(started.splice(0).map((server) => server.close()));
});

async function start(options: SimulatedClusterOptions): Promise<SimulatedCluster> {
  const cluster = await startSimulatedCluster({ version: '8.9.0', clusterId: 'a-cluster', brokers: 4, ...options });
  started.push(cluster);
  return cluster;
}

/** Requests the topology with Camunda's own client, configured by environment variables. It validates the schema. */
async function topologyWith(environment: Record<string, string>) {
  const all = { CAMUNDA_SDK_VALIDATION: 'res:strict', CAMUNDA_SDK_HTTP_RETRY_MAX_ATTEMPTS: '1', ...environment };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
  const client = createCamundaClient();
  return await client.getTopology();
}

const expected = {
  clusterSize: 4,
  partitionsCount: 3,
  replicationFactor: 3,
  gatewayVersion: '8.9.0',
  lastCompletedChangeId: '-1',
  clusterId: 'a-cluster',
};

describe('Camunda’s own TypeScript client, with a simulated cluster', () => {
  it('gets the topology with NONE', async () => {
    const cluster = await start({});
    const topology = await topologyWith({
      CAMUNDA_REST_ADDRESS: cluster.address.href,
      CAMUNDA_AUTH_STRATEGY: 'NONE',
    });
    expect(topology).toMatchObject(expected);
    expect(topology.brokers.map(({ nodeId }) => nodeId).toSorted()).toEqual([0, 1, 2, 3]);
    expect(topology.brokers.flatMap(({ partitions }) => partitions)).toHaveLength(9);
  });

  it.each(['8.9.0', '8.10.0'])('accepts an answer of %s as valid by its schema', async (version) => {
    const cluster = await start({ version });
    cluster.apply({ type: 'replica-health', partition: 1, broker: 0, health: 'unhealthy' });
    cluster.apply({ type: 'replica-health', partition: 2, broker: 1, health: 'dead' });
    const topology = await topologyWith({
      CAMUNDA_REST_ADDRESS: cluster.address.href,
      CAMUNDA_AUTH_STRATEGY: 'NONE',
    });
    expect(topology).toMatchObject({ ...expected, gatewayVersion: version });
    const replicas = topology.brokers.flatMap(({ partitions }) => partitions);
    expect(replicas.map(({ health, role }) => `${role} ${health}`)).toEqual(
      expect.arrayContaining(['leader healthy', 'follower healthy', 'inactive dead']),
    );
    expect(replicas.filter(({ health }) => health === 'unhealthy')).toHaveLength(1);
  });

  it('gets the topology of one physical tenant, whose path is its address', async () => {
    const cluster = await start({
      version: '8.10.0',
      physicalTenants: { orders: { partitions: 5, replicationFactor: 1 } },
    });
    cluster.apply({ type: 'mode-changes', tenant: 'orders', mode: 'recovering' });
    const topology = await topologyWith({
      CAMUNDA_REST_ADDRESS: new URL('physical-tenants/orders', cluster.address).href,
      CAMUNDA_AUTH_STRATEGY: 'NONE',
    });
    expect(topology).toMatchObject({
      clusterSize: 4,
      partitionsCount: 5,
      replicationFactor: 1,
      lastCompletedChangeId: '1',
    });
    expect(topology.brokers.flatMap(({ partitions }) => partitions)).toHaveLength(5);
  });

  it('gets the topology with BASIC', async () => {
    const cluster = await start({ authentication: { method: 'basic', username: 'demo', password: 'secret' } });
    const environment = {
      CAMUNDA_REST_ADDRESS: cluster.address.href,
      CAMUNDA_AUTH_STRATEGY: 'BASIC',
      CAMUNDA_BASIC_AUTH_USERNAME: 'demo',
      CAMUNDA_BASIC_AUTH_PASSWORD: 'secret',
    };
    expect(await topologyWith(environment)).toMatchObject(expected);
    await expect(topologyWith({ ...environment, CAMUNDA_BASIC_AUTH_PASSWORD: 'wrong' })).rejects.toThrow();
    expect(cluster.requests()).toMatchObject({ answered: 1, refused: 1 });
  });

  it('gets the topology with OAUTH from SaaS, below the cluster’s path', async () => {
    const audience = 'zeebe.camunda.io';
    const issuer = await startIdentityProvider({
      flavour: 'saas',
      clients: [{ clientId: 'exporter', clientSecret: 'secret', audience }],
    });
    started.push(issuer);
    const cluster = await start({
      authentication: { method: 'oauth2', issuer, audience },
      ingress: 'saas',
      basePath: '/0f4a-uuid',
    });
    const topology = await topologyWith({
      CAMUNDA_REST_ADDRESS: cluster.address.href,
      CAMUNDA_AUTH_STRATEGY: 'OAUTH',
      CAMUNDA_CLIENT_ID: 'exporter',
      CAMUNDA_CLIENT_SECRET: 'secret',
      CAMUNDA_OAUTH_URL: issuer.tokenUrl,
    });
    expect(topology).toMatchObject(expected);
    expect(issuer.requests()).toMatchObject({ issued: 1 });
  });

  it.each([
    ['keycloak', {}],
    ['entra', { CAMUNDA_OAUTH_SCOPE: 'orchestration-api/.default' }],
  ] as const)('gets the topology with OAUTH from %s', async (flavour, environment) => {
    const audience = 'orchestration-api';
    const issuer = await startIdentityProvider({
      flavour,
      clients: [{ clientId: 'exporter', clientSecret: 'secret', audience }],
    });
    started.push(issuer);
    const cluster = await start({ authentication: { method: 'oauth2', issuer, audience } });
    const topology = await topologyWith({
      CAMUNDA_REST_ADDRESS: cluster.address.href,
      CAMUNDA_AUTH_STRATEGY: 'OAUTH',
      CAMUNDA_CLIENT_ID: 'exporter',
      CAMUNDA_CLIENT_SECRET: 'secret',
      CAMUNDA_OAUTH_URL: issuer.tokenUrl,
      CAMUNDA_TOKEN_AUDIENCE: audience,
      ...environment,
    });
    expect(topology).toMatchObject(expected);
  });
});
