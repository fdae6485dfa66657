import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startIdentityProvider } from '../../../src/simulator/identity-provider.ts';
import { startSimulatedCluster } from '../../../src/simulator/simulated-cluster.ts';
import { freePorts } from '../../e2e/ports.ts';
import { temporaryFolder } from '../../mounted.ts';
import { startAdministration } from '../../simulator/saas-administration.ts';
import { chartTools } from '../go-tools.ts';
import { tlsSecret } from './certificate.ts';
import { layOut, type Objects, runContainer, runTestPod } from './kubelet.ts';
import { type PodSpec, type Rendered, render } from './rendered.ts';

const deadline = { timeout: 60_000, interval: 200 };

let helm: string;

beforeAll(async () => {
  ({ helm } = await chartTools());
});

describe('the rendered chart, run as kubelet runs it', () => {
  it('polls a cluster with Basic authentication, reloads a changed password, and helm test shows the result', async () => {
    const cluster = await simulated({ method: 'basic', username: 'exporter', password: 'new' });
    const { rendered, exporter, container } = await started(['camunda-basic.yaml'], values(cluster), {
      'camunda-exporter': { password: 'old' },
    });
    await vi.waitFor(async () => expect((await ask(`${exporter}/-/ready`)).status).toBe(200), deadline);
    const page = await ask(`${exporter}/metrics`);
    expect(page.body).toContain('zeebe_topology_up{zeebe_cluster="camunda"} 0');
    const failed = await runTestPod(testPod(rendered), exporter).catch((error: { stderr: string }) => error);
    expect(failed.stderr).toContain('zeebe_topology_up{zeebe_cluster="camunda"} 0');
    expect(failed.stderr).toContain(
      'zeebe_topology_auth_failing{zeebe_cluster="camunda",reason="credentials_rejected"} 1',
    );

    await container.change('camunda-exporter', { password: 'new' });
    await vi.waitFor(async () => {
      expect((await ask(`${exporter}/metrics`)).body).toContain('zeebe_topology_up{zeebe_cluster="camunda"} 1');
    }, deadline);
    const { stdout } = await runTestPod(testPod(rendered), exporter);
    expect(stdout).toBe('zeebe_topology_up{zeebe_cluster="camunda"} 1\n');
  });

  it('polls a cluster with a token of a simulated Keycloak', async () => {
    const keycloak = await startIdentityProvider({
      clients: [{ clientId: 'exporter', clientSecret: 'secret', audience: 'orchestration-api' }],
    });
    onTestFinished(() => keycloak.close());
    const cluster = await simulated({ method: 'oauth2', issuer: keycloak, audience: 'orchestration-api' });
    const token = { oauth2: { token_url: keycloak.tokenUrl } };
    const { exporter, probe } = await started(['camunda-keycloak.yaml'], values(cluster, token), {
      'camunda-exporter': { 'client-secret': 'secret\n' },
    });
    await vi.waitFor(async () => expect((await probe('readinessProbe')).status).toBe(200), deadline);
    expect((await ask(`${exporter}/metrics`)).body).toContain('zeebe_topology_up{zeebe_cluster="camunda"} 1');
  });

  it('serves TLS and requires the password of the ServiceMonitor, except for probes', async () => {
    const cluster = await simulated({ method: 'none' });
    const { rendered, exporter, probe } = await started(['camunda-none.yaml', 'protected.yaml'], values(cluster), {
      'exporter-tls': await tlsSecret(await temporaryFolder()),
    });
    expect(exporter).toMatch(/^https:/);
    await vi.waitFor(async () => expect((await probe('readinessProbe')).status).toBe(200), deadline);
    expect((await probe('livenessProbe')).status).toBe(200);
    expect((await ask(`${exporter}/metrics`)).status).toBe(401);
    expect((await ask(`${exporter}/metrics`, 'prometheus:prometheus')).status).toBe(200);

    const { stdout } = await runTestPod(testPod(rendered), exporter, {
      EXPORTER_USERNAME: 'prometheus',
      EXPORTER_PASSWORD: 'prometheus',
    });
    expect(stdout).toBe('zeebe_topology_up{zeebe_cluster="camunda"} 1\n');
  });

  it('lets helm test report that the exporter requires a password it does not have', async () => {
    const cluster = await simulated({ method: 'none' });
    const silent = { ...values(cluster), serviceMonitor: { enabled: false, basicAuth: null } };
    const { rendered, exporter } = await started(['camunda-none.yaml', 'protected.yaml'], silent, {
      'exporter-tls': await tlsSecret(await temporaryFolder()),
    });
    const { stdout } = await runTestPod(testPod(rendered), exporter);
    expect(stdout).toContain('ready, but the exporter requires a password');
  });

  it('polls the clusters in a ConfigMap, and follows its changes', async () => {
    const cluster = await simulated({ method: 'basic', username: 'exporter', password: 'secret' });
    const list = (...names: readonly string[]) =>
      JSON.stringify(
        names.map((name) => ({
          name,
          address: cluster.address.href,
          basic_auth: { username: 'exporter', password_file: 'password' },
        })),
      );
    const paths = [{ configMap: 'zeebe-clusters', key: '*.yml' }];
    const settings = {
      config: { poll_interval: '1s' },
      // Longer than the test: changes are noticed by watching the mounted folder.
      discovery: { files: { paths, refresh_interval: '1h' } },
      tests: { timeoutSeconds: 20 },
    };
    const { rendered, exporter, container } = await started([], settings, {
      'zeebe-clusters': { 'orders.yml': list('orders'), password: 'secret' },
    });
    const { stdout } = await runTestPod(testPod(rendered), exporter);
    expect(stdout).toBe('zeebe_topology_up{zeebe_cluster="orders"} 1\n');

    const teams = { 'orders.yml': list('orders'), 'payments.yml': list('payments'), password: 'secret' };
    await container.change('zeebe-clusters', teams);
    await vi.waitFor(async () => {
      expect((await ask(`${exporter}/metrics`)).body).toContain('zeebe_topology_up{zeebe_cluster="payments"} 1');
    }, deadline);
    await container.change('zeebe-clusters', { 'payments.yml': list('payments'), password: 'secret' });
    await vi.waitFor(async () => {
      expect((await ask(`${exporter}/metrics`)).body).not.toContain('zeebe_cluster="orders"');
    }, deadline);
  });

  it('polls the clusters of Camunda SaaS, each with the settings in its key of a Secret', async () => {
    const issuer = await startIdentityProvider({
      flavour: 'saas',
      clients: [{ clientId: 'organization-client', clientSecret: 'secret', audience: 'api.cloud.camunda.io' }],
    });
    onTestFinished(() => issuer.close());
    const administration = await startAdministration({ issuer, clusters: [{ uuid: 'a-1', name: 'orders' }] });
    onTestFinished(() => administration.close());
    const authentication = { method: 'basic', username: 'exporter', password: 'secret' } as const;
    const { address } = await simulated(authentication, { basePath: 'a-1' });
    const saas = {
      address: administration.address,
      cluster_address: `${address.origin}/{id}`,
      oauth2: { token_url: issuer.tokenUrl },
    };
    const settings = { discovery: { files: null, saas }, tests: { timeoutSeconds: 20 } };
    const { rendered, exporter } = await started(['discovery.yaml'], settings, {
      'camunda-organization': { 'client-secret': 'secret\n' },
      'zeebe-saas': {
        'a-1.yml': 'basic_auth: {username: exporter, password_file: a-1.password}',
        'a-1.password': 'secret',
      },
    });
    const { stdout } = await runTestPod(testPod(rendered), exporter);
    expect(stdout).toBe('zeebe_topology_up{zeebe_cluster="orders-bru-2"} 1\n');
  });

  it('lets helm test report that discovery finds no cluster', async () => {
    const paths = [{ secret: 'zeebe-clusters', key: '*.yml' }];
    const settings = { discovery: { files: { paths } }, tests: { timeoutSeconds: 1 } };
    const { rendered, exporter } = await started([], settings, { 'zeebe-clusters': { 'orders.yml': 'nothing' } });
    await vi.waitFor(async () => expect((await ask(`${exporter}/-/ready`)).status).toBe(200), deadline);
    const failed = await runTestPod(testPod(rendered), exporter).catch((error: { stderr: string }) => error);
    expect(failed.stderr).toContain('no cluster is monitored\nzeebe_topology_discovery_up{provider="files"} 0');
  });

  it('passes helm test if the shards together reach every cluster, and fails while one of them does not respond', async () => {
    const cluster = await simulated({ method: 'none' });
    const settings = { ...values(cluster), tests: { timeoutSeconds: 5 }, shards: 2 };
    const { rendered, container, exporter } = await started(['camunda-none.yaml'], settings, {});
    const [port = 0] = await freePorts(1);
    const second = `http://127.0.0.1:${port}`;
    const both = `${exporter} ${second}`;
    await vi.waitFor(async () => expect((await ask(`${exporter}/-/ready`)).status).toBe(200), deadline);
    const failed = await runTestPod(testPod(rendered), both).catch((error: { stderr: string }) => error);
    expect(failed.stderr).toContain(`${second}/-/ready: connect ECONNREFUSED`);

    runContainer({
      ...container,
      args: container.args.map((arg) => arg.replace(/^(--web\.listen-address=).*/, `$1:${port}`)),
      environment: { ...container.environment, SHARD: `${rendered.workload.metadata.name}-1` },
    });
    await vi.waitFor(async () => expect((await ask(`${second}/-/ready`)).status).toBe(200), deadline);
    const { stdout } = await runTestPod(testPod(rendered), both);
    expect(stdout).toBe('zeebe_topology_up{zeebe_cluster="camunda"} 1\n');

    const withCluster = await Promise.all([exporter, second].map(async (url) => (await ask(`${url}/metrics`)).body));
    expect(withCluster.filter((page) => page.includes('zeebe_topology_up{'))).toHaveLength(1);
  });
});

type Simulated = Awaited<ReturnType<typeof startSimulatedCluster>>;
type Authentication = NonNullable<NonNullable<Parameters<typeof startSimulatedCluster>[0]>['authentication']>;

async function simulated(
  authentication: Authentication,
  options: { readonly basePath?: string } = {},
): Promise<Simulated> {
  const cluster = await startSimulatedCluster({ authentication, ...options });
  onTestFinished(() => cluster.close());
  return cluster;
}

/** Returns the values that override those of an example. */
function values({ address }: Simulated, cluster: object = {}) {
  return {
    config: { poll_interval: '1s' },
    clusters: { camunda: { address: address.href, ...cluster } },
    tests: { timeoutSeconds: 20 },
  };
}

async function started(files: readonly string[], overrides: object, objects: Objects) {
  const [port] = await freePorts(1);
  const rendered = await render(helm, files, { ...overrides, web: { port } });
  const container = await layOut(rendered, objects);
  runContainer(container);
  const [{ livenessProbe, readinessProbe }] = rendered.template.spec.containers;
  const scheme = readinessProbe.httpGet.scheme.toLowerCase();
  const exporter = `${scheme}://127.0.0.1:${port}`;
  const probes = { livenessProbe, readinessProbe };
  const probe = (name: keyof typeof probes) => ask(`${exporter}${probes[name].httpGet.path}`);
  return { rendered, container, exporter, probe };
}

function testPod({ find }: Rendered): PodSpec {
  const { containers } = find('Pod')?.spec ?? {};
  if (!containers) throw new Error('expected the pod of helm test');
  return { containers };
}

/** Sends a request without verifying the certificate, like kubelet and the operators' `insecureSkipVerify`. */
async function ask(
  url: string,
  auth?: string,
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  const get = url.startsWith('https:') ? getHttps : getHttp;
  return new Promise((resolve, reject) => {
    const options = { rejectUnauthorized: false, timeout: 10_000, ...(auth !== undefined && { auth }) };
    const request = get(url, options, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 10 s')));
    request.on('error', reject);
  });
}
