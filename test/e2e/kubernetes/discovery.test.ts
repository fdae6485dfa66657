import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { listen } from '../../transport/loopback.ts';
import { type Exporter, startExporter } from '../exporter.ts';
import { createSystemFolder } from '../process.ts';
import { until } from '../until.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { installAccess, namespace, upgradeRoles } from './chart-access.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** Seconds, on a busy machine. */
const patience = 60;

/** A cluster that notes the header `authorization` of its requests. */
async function startCluster() {
  const authorizations: (string | undefined)[] = [];
  const topology = await readFile(join(root, 'test/fixtures/zeebe-8.6.0-3x3x3-healthy.json'));
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    response.setHeader('content-type', 'application/json');
    response.end(topology);
  });
  return { port: String(await listen(server)), authorizations };
}

type Annotations = Readonly<Record<string, string>>;

/** An API server with namespaces, and a cluster to which all Services lead. */
async function setUp(...namespaces: readonly string[]) {
  const apiServer = await startApiServer();
  for (const name of namespaces) await apiServer.send('POST', '/api/v1/namespaces', { metadata: { name } });
  const { port, authorizations } = await startCluster();
  const service = (own: string, name: string, annotations: Annotations = {}) => ({
    metadata: {
      namespace: own,
      name,
      labels: { 'zeebe-topology-exporter/monitor': 'true' },
      annotations: Object.fromEntries(
        Object.entries({ port, ...annotations }).map(([key, value]) => [`zeebe-topology-exporter/${key}`, value]),
      ),
    },
    // Names of Services are resolved only inside of Kubernetes.
    spec: { type: 'ExternalName', externalName: 'localhost' },
  });
  const create = (own: string, name: string, annotations?: Annotations) =>
    apiServer.send('POST', `/api/v1/namespaces/${own}/services`, service(own, name, annotations));
  const replace = (own: string, name: string, annotations?: Annotations) =>
    apiServer.send('PUT', `/api/v1/namespaces/${own}/services/${name}`, service(own, name, annotations));
  return { apiServer, authorizations, create, replace };
}

/** Starts an exporter that discovers Services as the ServiceAccount of the chart. */
async function startDiscovery(apiServer: ApiServer, token: string, settings: object = {}): Promise<Exporter> {
  const kubeconfig = join((await createSystemFolder('kubeconfig')).data, 'kubeconfig');
  await writeFile(kubeconfig, apiServer.kubeconfig(apiServer.port, namespace, token));
  const kubernetes = { allow_external_names: true, refresh_interval: '2s', ...settings };
  return startExporter({
    file: stringify({ poll_interval: '1s', discovery: { kubernetes } }),
    environment: { KUBECONFIG: kubeconfig },
  });
}

async function untilClusters(exporter: Exporter, ...expected: readonly string[]): Promise<void> {
  await until(`the clusters are ${expected.join(', ')}`, patience, async () => {
    expect((await exporter.scrape()).set('zeebe_topology_up', 'zeebe_cluster')).toEqual(expected);
  });
}

async function untilUp(exporter: Exporter, expected: 0 | 1): Promise<void> {
  await until(`zeebe_topology_discovery_up is ${expected}`, patience, async () => {
    expect((await exporter.scrape()).value('zeebe_topology_discovery_up', { provider: 'kubernetes' })).toBe(expected);
  });
}

describe('discovery by the Services of a real API server', () => {
  it('polls the Services with the label while they exist, with the ClusterRole of the chart', async () => {
    const { apiServer, create, replace } = await setUp('orders', 'billing');
    const { token, installed } = await installAccess(apiServer, ['--set', 'discovery.kubernetes.enabled=true']);
    expect(installed).toEqual(['ClusterRole', 'ClusterRoleBinding', 'ServiceAccount']);
    await create('orders', 'zeebe');
    await apiServer.send('POST', '/api/v1/namespaces/orders/services', {
      metadata: { name: 'other' },
      spec: { type: 'ExternalName', externalName: 'localhost' },
    });
    // The interval is longer than the test: what changes is found by the watch alone.
    const exporter = await startDiscovery(apiServer, token, { refresh_interval: '1h' });
    await untilClusters(exporter, 'orders/zeebe');
    await create('billing', 'zeebe');
    await untilClusters(exporter, 'billing/zeebe', 'orders/zeebe');
    await replace('orders', 'zeebe', { name: 'main' });
    await untilClusters(exporter, 'billing/zeebe', 'orders/main');
    await apiServer.send('DELETE', '/api/v1/namespaces/billing/services/zeebe');
    await untilClusters(exporter, 'orders/main');
    await untilUp(exporter, 1);
  });

  it('reads credentials from Secrets only with readSecrets, and follows them', async () => {
    const { apiServer, authorizations, create } = await setUp('orders');
    const secrets = '/api/v1/namespaces/orders/secrets';
    const secret = (password: string) => ({
      metadata: { name: 'exporter' },
      type: 'kubernetes.io/basic-auth',
      stringData: { username: 'exporter', password },
    });
    const header = (password: string) => `Basic ${Buffer.from(`exporter:${password}`).toString('base64')}`;
    await apiServer.send('POST', secrets, secret('f1rst-s3cr3t'));
    await create('orders', 'zeebe', { secret: 'exporter' });
    const enabled = ['--set', 'discovery.kubernetes.enabled=true', '--set', 'discovery.kubernetes.namespaces={orders}'];
    const { token, installed } = await installAccess(apiServer, enabled);
    expect(installed).toEqual(['Role', 'RoleBinding', 'ServiceAccount']);
    const exporter = await startDiscovery(apiServer, token, { namespaces: ['orders'] });
    await until('the Secret is forbidden', patience, () => {
      expect(exporter.running.output()).toContain('the API server responded with 403: secrets');
    });
    await untilUp(exporter, 0);
    await upgradeRoles(apiServer, [
      ...enabled,
      '--set',
      'discovery.kubernetes.readSecrets=true',
      '--set',
      'discovery.kubernetes.secretNames={exporter}',
    ]);
    await untilClusters(exporter, 'orders/zeebe');
    expect(new Set(authorizations)).toEqual(new Set([header('f1rst-s3cr3t')]));
    await apiServer.send('PUT', `${secrets}/exporter`, secret('s3cond-s3cr3t'));
    await until('the new password is sent', patience, () => {
      expect(authorizations).toContain(header('s3cond-s3cr3t'));
    });
    await untilUp(exporter, 1);
    expect(exporter.running.output()).not.toContain('s3cr3t');
  });

  it('keeps the clusters while the API server hangs, shows it, and finds what has changed afterwards', async () => {
    const { apiServer, create } = await setUp('orders', 'billing');
    const { token } = await installAccess(apiServer, ['--set', 'discovery.kubernetes.enabled=true']);
    await create('orders', 'zeebe');
    const exporter = await startDiscovery(apiServer, token);
    await untilClusters(exporter, 'orders/zeebe');
    apiServer.signal('SIGSTOP');
    onTestFinished(() => apiServer.signal('SIGCONT'));
    await untilUp(exporter, 0);
    await untilClusters(exporter, 'orders/zeebe');
    expect(exporter.running.output()).toContain('Services in all namespaces: no whole answer within 10 s');
    apiServer.signal('SIGCONT');
    await create('billing', 'zeebe');
    await untilClusters(exporter, 'billing/zeebe', 'orders/zeebe');
    await untilUp(exporter, 1);
  });

  it('shows a namespace that the Role does not allow, and polls those of the others', async () => {
    const { apiServer, create } = await setUp('orders', 'billing');
    const values = ['--set', 'discovery.kubernetes.enabled=true', '--set', 'discovery.kubernetes.namespaces={orders}'];
    const { token } = await installAccess(apiServer, values);
    await create('orders', 'zeebe');
    await create('billing', 'zeebe');
    const exporter = await startDiscovery(apiServer, token, { namespaces: ['orders', 'billing'] });
    await untilClusters(exporter, 'orders/zeebe');
    await untilUp(exporter, 0);
    expect(exporter.running.output()).toContain(
      'Services in the namespace billing: the API server responded with 403: services is forbidden',
    );
  });
});
