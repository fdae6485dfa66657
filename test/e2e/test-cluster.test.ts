import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startIdentityProvider } from '../../src/simulator/identity-provider.ts';
import { type SimulatedClusterOptions, startSimulatedCluster } from '../../src/simulator/simulated-cluster.ts';
import { recorded } from '../topologies.ts';
import { createSystemFolder, start } from './process.ts';

const root = join(import.meta.dirname, '..', '..');
const pace = { ZEEBE_POLL_INTERVAL: '1s', ZEEBE_POLL_TIMEOUT: '1s' };
const client = { clientId: 'exporter', clientSecret: 'a secret with % and +', audience: 'orchestration-api' };
/** Seconds. */
const tokenLifetime = 10;

/** Runs `npm run test:cluster` with these variables to its end. */
async function testCluster(environment: Readonly<Record<string, string>>) {
  const at = await createSystemFolder('test-cluster');
  const running = start(at, ['npm', '--prefix', root, 'run', 'test:cluster'], {
    NO_COLOR: '1',
    ...pace,
    ...environment,
  });
  onTestFinished(running.stop);
  const { code } = await running.exited;
  const output = running.output();
  return { code, output, tests: /^ *Tests +(.*)$/m.exec(output)?.[1] };
}

async function cluster(options: SimulatedClusterOptions): Promise<string> {
  const { address, close } = await startSimulatedCluster(options);
  onTestFinished(close);
  return address.href;
}

/** Starts a cluster with an identity provider, and returns the variables for it. */
async function securedCluster() {
  const issuer = await startIdentityProvider({ clients: [client], tokenLifetime });
  onTestFinished(issuer.close);
  const authentication = { method: 'oauth2', issuer, audience: client.audience } as const;
  const variables = {
    ZEEBE_REST_ADDRESS: await cluster({ version: '8.10.0', zones: ['eu-west-1', 'eu-west-2'], authentication }),
    CAMUNDA_OAUTH_URL: issuer.tokenUrl,
    CAMUNDA_CLIENT_ID: client.clientId,
    CAMUNDA_CLIENT_SECRET: client.clientSecret,
    CAMUNDA_TOKEN_AUDIENCE: client.audience,
  };
  return { issuer, variables };
}

describe('npm run test:cluster passes', () => {
  it.each(['8.5.8', '8.6.0', '8.7.0', '8.9.0'])('for a cluster of %s without authentication', async (version) => {
    const address = await cluster({ version, brokers: 4, partitions: 5 });
    const { code, output, tests } = await testCluster({ ZEEBE_REST_ADDRESS: address });
    expect({ code, tests }, output).toEqual({ code: 0, tests: '2 passed | 1 skipped (3)' });
  });

  it('for a cluster of 8.8.0 with Basic authentication and a missing broker', async () => {
    const authentication = { method: 'basic', username: 'demo', password: 'demo' } as const;
    const script = { events: [{ at: 0, event: { type: 'broker-stops', broker: 1 } }] } as const;
    const { code, output, tests } = await testCluster({
      ZEEBE_REST_ADDRESS: await cluster({ version: '8.8.0', authentication, script }),
      CAMUNDA_BASIC_AUTH_USERNAME: authentication.username,
      CAMUNDA_BASIC_AUTH_PASSWORD: authentication.password,
    });
    expect({ code, tests }, output).toEqual({ code: 0, tests: '2 passed | 1 skipped (3)' });
  });

  it('for a cluster of 8.10.0 with OAuth 2, over two token lifetimes', async () => {
    const { issuer, variables } = await securedCluster();
    const { code, output, tests } = await testCluster(variables);
    expect({ code, tests }, output).toEqual({ code: 0, tests: '3 passed (3)' });
    // Two by the test's own request and the check, two by exporters, and at least two renewals.
    expect(issuer.requests().issued).toBeGreaterThanOrEqual(6);
  });
});

describe('npm run test:cluster fails', () => {
  it('if the exporter gets another topology than other clients', async () => {
    const { code, output } = await testCluster({ ZEEBE_REST_ADDRESS: await answering(wrongForTheExporter) });
    expect(code).toBe(1);
    expect(output).toContain('until both topologies are the same');
    expect(output).toContain('broker_up broker=1 1');
  });

  it('if a token renewal is rejected', async () => {
    const { issuer, variables } = await securedCluster();
    const ended = testCluster(variables);
    // By then the two exporters, the check and the test itself have their tokens.
    await expect.poll(() => issuer.requests().issued, { timeout: 120_000 }).toBeGreaterThanOrEqual(4);
    issuer.apply({ type: 'secret-rotates', clientId: client.clientId, clientSecret: 'another' });
    const { code, output } = await ended;
    expect(code, output).toBe(1);
    expect(output).toContain('two lifetimes');
  });
});

const wrongForTheExporter: RequestListener = ({ headers }, response) => {
  const isExporter = headers['user-agent']?.includes('zeebe-topology-exporter');
  const state = isExporter ? 'broker-gone' : 'healthy';
  response.setHeader('content-type', 'application/json').end(recorded(`8.6.0-3x3x3-${state}`));
};

async function answering(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
