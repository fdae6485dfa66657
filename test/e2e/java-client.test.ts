import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type IdentityProviderOptions, startIdentityProvider } from '../../src/simulator/identity-provider.ts';
import { randomFrom } from '../../src/simulator/random.ts';
import {
  type SimulatedCluster,
  type SimulatedClusterOptions,
  startSimulatedCluster,
} from '../../src/simulator/simulated-cluster.ts';
import { type TopologyAnswer, topologyAnswer } from '../../src/simulator/topology-answer.ts';
import { sorted } from '../simulator/sorted-answer.ts';
import { javaClient } from './artifacts.ts';
import { findJava } from './java.ts';
import { createSystemFolder } from './process.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, 'java-client', 'TopologyRequest.java');

/** Returns the topology that Camunda's Java client reads, configured only by environment variables. */
async function topologyWith(environment: Readonly<Record<string, string>>): Promise<TopologyAnswer> {
  const java = join(await findJava(), 'bin', 'java');
  // The client stores its tokens in the user's home.
  const home = (await createSystemFolder('java-client')).data;
  const { stdout } = await run(java, [`-Duser.home=${home}`, '-cp', join(javaClient.folder, '*'), program], {
    env: { PATH: process.env.PATH, HOME: home, ...environment },
  });
  return JSON.parse(stdout);
}

async function start(options: SimulatedClusterOptions): Promise<SimulatedCluster> {
  const cluster = await startSimulatedCluster({ version: '8.9.0', brokers: 4, ...options });
  onTestFinished(cluster.close);
  return cluster;
}

/** Returns the topology that this client should read. It does not know the fields of 8.8 and later. */
function expectedTopology(cluster: SimulatedCluster): TopologyAnswer {
  const { brokers = [], ...facts } = topologyAnswer(cluster.state(), '', randomFrom('order'));
  const { clusterSize, partitionsCount, replicationFactor, gatewayVersion } = facts;
  const known = brokers.map(({ brokerId: _, ...broker }) => ({
    ...broker,
    partitions: broker.partitions.map(({ state: __, ...partition }) => partition),
  }));
  return sorted({ brokers: known, clusterSize, partitionsCount, replicationFactor, gatewayVersion });
}

describe('Camunda’s Java client', () => {
  it.each(['8.6.0', '8.7.0', '8.8.0', '8.9.0', '8.10.0'])('gets the whole topology of %s', async (version) => {
    const cluster = await start({ version });
    cluster.apply({ type: 'replica-health', partition: 1, broker: 0, health: 'unhealthy' });
    cluster.apply({ type: 'replica-health', partition: 2, broker: 1, health: 'dead' });
    const topology = await topologyWith({ CAMUNDA_REST_ADDRESS: cluster.address.href });
    expect(sorted(topology)).toEqual(expectedTopology(cluster));
    expect(cluster.requests()).toEqual({ answered: 1, refused: 0, other: 0 });
  });

  it('gets the topology with BASIC, and not with a wrong password', async () => {
    const cluster = await start({ authentication: { method: 'basic', username: 'demo', password: 'secret' } });
    const environment = {
      CAMUNDA_REST_ADDRESS: cluster.address.href,
      CAMUNDA_BASIC_AUTH_USERNAME: 'demo',
      CAMUNDA_BASIC_AUTH_PASSWORD: 'secret',
    };
    expect(sorted(await topologyWith(environment))).toEqual(expectedTopology(cluster));
    await expect(topologyWith({ ...environment, CAMUNDA_BASIC_AUTH_PASSWORD: 'wrong' })).rejects.toThrow('401');
  });

  it.each<{ flavour: NonNullable<IdentityProviderOptions['flavour']>; version: string; scope?: string }>([
    { flavour: 'keycloak', version: '8.6.0' },
    { flavour: 'keycloak', version: '8.9.0' },
    { flavour: 'entra', version: '8.9.0', scope: 'orchestration-api/.default' },
    { flavour: 'saas', version: '8.9.0' },
  ])('gets the topology of $version with OAUTH from $flavour', async ({ flavour, version, scope }) => {
    const audience = 'orchestration-api';
    const client = { clientId: 'exporter', clientSecret: 'secret', audience };
    const issuer = await startIdentityProvider({ flavour, clients: [client] });
    onTestFinished(issuer.close);
    const cluster = await start({
      version,
      authentication: { method: 'oauth2', issuer, audience },
      ...(flavour === 'saas' && { ingress: 'saas', basePath: '/0f4a-uuid' }),
    });
    const topology = await topologyWith({
      CAMUNDA_REST_ADDRESS: cluster.address.href,
      CAMUNDA_CLIENT_ID: client.clientId,
      CAMUNDA_CLIENT_SECRET: client.clientSecret,
      CAMUNDA_AUTHORIZATION_SERVER_URL: issuer.tokenUrl,
      CAMUNDA_TOKEN_AUDIENCE: audience,
      ...(scope !== undefined && { CAMUNDA_TOKEN_SCOPE: scope }),
    });
    expect(sorted(topology)).toEqual(expectedTopology(cluster));
    expect(issuer.requests()).toMatchObject({ issued: 1 });
  });
});
