import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { shardOfCluster } from '../../src/cluster/sharding.ts';
import { createSharedTokens } from '../../src/cluster/shared-tokens.ts';
import { connectToAdministrationApi } from '../../src/discovery/administration-api.ts';
import { parseClusters } from '../../src/discovery/saas-cluster.ts';
import { startIdentityProvider } from '../../src/simulator/identity-provider.ts';
import { client, healthy, ofCluster, start } from '../exporting.ts';
import { samplesOf, valuesOf } from '../metrics/pages.ts';
import { type AdministeredCluster, startAdministration } from '../simulator/saas-administration.ts';
import { httpServer } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { loaded, newFolder, soon, startFrom } from './discovering.ts';

vi.setConfig({ testTimeout: 30_000 });
beforeEach(withoutProxy);

const anHour = 3_600_000;
const organization = { clientId: 'org', clientSecret: 'org-s3cr3t', audience: 'api.cloud.camunda.io' };
const a: AdministeredCluster = { uuid: 'a-1', name: 'orders' };
const b: AdministeredCluster = { uuid: 'b-2', name: 'payments', region: 'jfk-1', planType: 'Development' };

/** An organization with clusters, and a configuration file that discovers them. */
async function workspace(clusters: readonly AdministeredCluster[], ...lines: readonly string[]) {
  const issuer = await startIdentityProvider({ flavour: 'saas', clients: [organization], throttle: false });
  onTestFinished(() => issuer.close());
  const administration = await startAdministration({ issuer, clusters });
  onTestFinished(() => administration.close());
  const requests: { readonly path: string; readonly authorization: string | undefined }[] = [];
  const zeebe = await httpServer((request, response) => {
    requests.push({ path: request.url ?? '', authorization: request.headers.authorization });
    healthy(request, response);
  });
  const folder = newFolder();
  const configFile = join(folder, 'exporter.yml');
  writeFileSync(join(folder, 'org-secret'), organization.clientSecret);
  const own = [
    `address: ${administration.address}`,
    `oauth2: { client_id: org, client_secret_file: org-secret, token_url: "${issuer.tokenUrl}" }`,
    `cluster_address: "${zeebe}{region}/{id}"`,
    ...lines,
  ];
  writeFileSync(configFile, `discovery:\n  saas:\n${own.map((line) => `    ${line}\n`).join('')}`);
  return { administration, configFile, folder, issuer, requests };
}

const problemsIn = (lines: readonly Readonly<Record<string, unknown>>[]) =>
  lines.findLast(({ msg }) => String(msg).includes('has problems'))?.problems;

describe('the clusters of an organization in Camunda SaaS', () => {
  it('are polled at the address that follows from region and id', async () => {
    const { configFile, requests } = await workspace([a, b]);
    const { names, read } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders', 'payments']), soon);
    await vi.waitFor(async () => expect(samplesOf(await read(), 'up')).toHaveLength(2), soon);
    expect(requests.map(({ path }) => path).sort()).toEqual(['/bru-2/a-1/v1/topology', '/jfk-1/b-2/v1/topology']);
    expect(valuesOf(await read(), 'discovery_clusters')).toEqual({ 'provider=saas': 2 });
    expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=saas': 1 });
  });

  it('come and go', async () => {
    const { configFile, administration } = await workspace([a, b]);
    const { names, read } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders', 'payments']), soon);
    administration.setClusters([b]);
    await vi.waitFor(async () => expect(await names()).toEqual(['payments']), soon);
    expect(ofCluster(await read(), 'polls_total', 'orders')).toEqual([]);
    expect(ofCluster(await read(), 'saas_cluster_status', 'orders')).toEqual([]);
  });

  it.each([
    ['names: [ord*]', ['orders']],
    ['regions: [jfk-1]', ['payments']],
    ['regions: ["Belgium, *"]', ['orders', 'payments']],
    ['plans: [Development]', ['payments']],
    ['channels: [Alpha]', []],
    ['names: [orders, payments], plans: ["Production*"]', ['orders']],
  ])('can be filtered by %s', async (filter, expected) => {
    const { configFile } = await workspace([a, b], `filter: { ${filter} }`);
    const { names, read } = await startFrom(configFile);
    await vi.waitFor(async () => expect(samplesOf(await read(), 'discovery_up')).toHaveLength(1), soon);
    expect(await names()).toEqual(expected);
  });

  it('are named by a template', async () => {
    const { configFile } = await workspace([a, b], "cluster_name: '{name} {plan}/{id}'");
    const { names } = await startFrom(configFile);
    await vi.waitFor(
      async () => expect(await names()).toEqual(['orders Production - S/a-1', 'payments Development/b-2']),
      soon,
    );
  });

  it('with equal names are an error of the later one alone', async () => {
    const { configFile } = await workspace([a, { ...b, name: 'orders' }, { uuid: 'c-3', name: 'third' }]);
    const { names, lines, read } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders', 'third']), soon);
    await vi.waitFor(
      () =>
        expect(problemsIn(lines)).toEqual([
          'cluster b-2: name: expected a name that no other cluster has, found "orders", as at cluster a-1: name',
        ]),
      soon,
    );
    expect(ofCluster(await read(), 'saas_cluster_status', 'orders')).toHaveLength(25);
  });

  it('of which one cannot be read leave that one as it was, and the others come and go', async () => {
    const { configFile, administration } = await workspace([a, b]);
    const { names, lines, read } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders', 'payments']), soon);
    administration.setClusters([
      { ...a, name: 'n'.repeat(300) },
      { uuid: 'c-3', name: 'third' },
    ]);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders', 'third']), soon);
    await vi.waitFor(
      () =>
        expect(String(problemsIn(lines))).toMatch(
          /^cluster a-1: GET .* answered 200: \[0\]\.name: expected at most 256 characters, got 300; use a newer/,
        ),
      soon,
    );
    expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=saas': 0 });
  });

  it('of which one has no id may include any that is missing: these stay, and new ones come', async () => {
    const { configFile, administration } = await workspace([a, b, { uuid: 'c-3', name: 'third' }]);
    const { names, lines } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders', 'payments', 'third']), soon);
    administration.setClusters([
      { ...a, uuid: '?' },
      { ...b, status: 'Creating' },
      { uuid: 'd-4', name: 'fourth' },
    ]);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders', 'third', 'fourth']), soon);
    await vi.waitFor(() => expect(String(problemsIn(lines))).toContain('[0].uuid: expected letters'), soon);
  });

  it('have the settings of discovery.saas.cluster', async () => {
    const { configFile, requests } = await workspace([a], 'cluster: { basic_auth: { username: all, password: p } }');
    await startFrom(configFile);
    await vi.waitFor(() => expect(requests).toHaveLength(1), soon);
    expect(requests[0]?.authorization).toBe(`Basic ${Buffer.from('all:p').toString('base64')}`);
  });

  it('have their own settings in a file by cluster id; a bad file concerns its cluster alone', async () => {
    const { configFile, folder, requests } = await workspace([a, b], 'cluster_file: saas.d/{id}.yml');
    mkdirSync(join(folder, 'saas.d'));
    const content = 'basic_auth: { username: a, password_file: a-secret }\n';
    writeFileSync(join(folder, 'saas.d', 'a-1.yml'), content);
    writeFileSync(join(folder, 'saas.d', 'a-secret'), 'p');
    writeFileSync(join(folder, 'saas.d', 'b-2.yml'), 'basic_auth: { user: b }\n');
    const { lines, names, read } = await startFrom(configFile);
    await vi.waitFor(() => expect(requests).toHaveLength(1), soon);
    expect(requests[0]?.authorization).toBe(`Basic ${Buffer.from('a:p').toString('base64')}`);
    expect(await names()).toEqual(['orders']);
    expect(String(problemsIn(lines))).toContain(
      `${folder}/saas.d/b-2.yml:1: basic_auth.user: expected one of username`,
    );
    expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=saas': 0 });
    writeFileSync(join(folder, 'saas.d', 'b-2.yml'), content);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders', 'payments']), soon);
  });

  it('authenticate as their own file says, whatever discovery.saas.cluster says', async () => {
    const { configFile, folder, issuer, requests } = await workspace(
      [a, b],
      'cluster: { oauth2: { client_id: all, client_secret_file: none, token_url: "http://127.0.0.1:1/token" } }',
      'cluster_file: saas.d/{id}.yml',
    );
    mkdirSync(join(folder, 'saas.d'));
    writeFileSync(join(folder, 'saas.d', 'a-1.yml'), 'basic_auth: { username: a, password: p }\n');
    const client = `client_id: org, client_secret: ${organization.clientSecret}, audience: ${organization.audience}`;
    writeFileSync(join(folder, 'saas.d', 'b-2.yml'), `oauth2: { ${client}, token_url: "${issuer.tokenUrl}" }\n`);
    await startFrom(configFile);
    await vi.waitFor(() => expect(requests).toHaveLength(2), soon);
    const schemes = requests.map(({ authorization }) => authorization?.split(' ')[0]);
    expect(schemes.sort()).toEqual(['Basic', 'Bearer']);
  });

  it('are named by the problems with the settings that they share', async () => {
    const { configFile, folder } = await workspace(
      [a],
      'cluster: { basic_auth: { username: a, password_file: none } }',
      'cluster_file: saas.d/{id}.yml',
    );
    mkdirSync(join(folder, 'saas.d'));
    writeFileSync(join(folder, 'saas.d', 'a-1.yml'), 'poll_timeout: 2s\n');
    const { lines } = await startFrom(configFile);
    const place = `cluster a-1: ${configFile}:6: discovery.saas.cluster.basic_auth.password_file`;
    const problem = `${place}: expected a readable file, found ${folder}/none: no such file or directory`;
    await vi.waitFor(() => expect(problemsIn(lines)).toEqual([problem]), soon);
  });

  it('have labels by templates, without those that are empty, on the metric and in /sd', async () => {
    const labels = "labels: { region: '{region}', plan: '{plan} ({channel})', team: x, generation: '{generation}' }";
    const { configFile } = await workspace([a, { ...b, generation: '' }], labels);
    const { names, get, read } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders', 'payments']), soon);
    const shown = samplesOf(await read(), 'cluster_labels').map(({ labels }) => labels);
    const orders = { region: 'bru-2', plan: 'Production - S (Stable)', team: 'x', generation: 'Camunda 8.8.0' };
    expect(shown).toEqual([
      { zeebe_cluster: 'orders', ...orders },
      { zeebe_cluster: 'payments', region: 'jfk-1', plan: 'Development (Stable)', team: 'x' },
    ]);
    const [target] = JSON.parse((await get('/sd')).text);
    expect(target.labels).toMatchObject({
      __meta_zeebe_label_region: 'bru-2',
      __meta_zeebe_label_plan: 'Production - S (Stable)',
    });
  });

  it('have the labels of the templates, of discovery.saas.cluster and of their own file together, the last one first', async () => {
    const { configFile, folder } = await workspace(
      [a, b],
      "labels: { region: '{region}', team: template, stage: template }",
      'cluster: { labels: { team: all, stage: all } }',
      'cluster_file: saas.d/{id}.yml',
    );
    mkdirSync(join(folder, 'saas.d'));
    writeFileSync(join(folder, 'saas.d', 'a-1.yml'), 'labels: { stage: own, tier: "1" }\n');
    writeFileSync(join(folder, 'saas.d', 'b-2.yml'), 'poll_interval: 1m\n');
    const { names, read } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders', 'payments']), soon);
    expect(samplesOf(await read(), 'cluster_labels').map(({ labels }) => labels)).toEqual([
      { zeebe_cluster: 'orders', region: 'bru-2', team: 'all', stage: 'own', tier: '1' },
      { zeebe_cluster: 'payments', region: 'jfk-1', team: 'all', stage: 'all' },
    ]);
  });

  it('with too many labels in their own file are not polled; the problem names the file', async () => {
    const templates = Array.from({ length: 10 }, (_, index) => `a${index}: x`);
    const own = Array.from({ length: 10 }, (_, index) => `b${index}: x`);
    const { configFile, folder } = await workspace([a], `labels: { ${templates} }`, 'cluster_file: saas.d/{id}.yml');
    mkdirSync(join(folder, 'saas.d'));
    writeFileSync(join(folder, 'saas.d', 'a-1.yml'), `labels: { ${own} }\n`);
    const { lines } = await startFrom(configFile);
    await vi.waitFor(
      () =>
        expect(String(problemsIn(lines))).toContain(`${folder}/saas.d/a-1.yml:1: labels: expected at most 16 labels`),
      soon,
    );
  });

  it('have relative paths in their file and in discovery.saas.cluster, each from its own folder', async () => {
    const cluster = 'cluster: { basic_auth: { password_file: all-secret } }';
    const { configFile, folder, requests } = await workspace([a], 'cluster_file: saas.d/{id}.yml', cluster);
    mkdirSync(join(folder, 'saas.d'));
    writeFileSync(join(folder, 'all-secret'), 'p');
    writeFileSync(join(folder, 'saas.d', 'a-1.yml'), 'basic_auth: { username: a }\n');
    await startFrom(configFile);
    await vi.waitFor(() => expect(requests).toHaveLength(1), soon);
    expect(requests[0]?.authorization).toBe(`Basic ${Buffer.from('a:p').toString('base64')}`);
  });

  it('whose names would lead to another folder have a file in the configured one', async () => {
    const { configFile, folder, requests } = await workspace(
      [{ ...a, name: '../up' }],
      'cluster_file: "{name}/{id}.yml"',
    );
    mkdirSync(join(folder, '.._up'));
    writeFileSync(join(folder, '.._up', 'a-1.yml'), 'basic_auth: { username: a, password: p }\n');
    await startFrom(configFile);
    await vi.waitFor(() => expect(requests).toHaveLength(1), soon);
    expect(requests[0]?.authorization).toBe(`Basic ${Buffer.from('a:p').toString('base64')}`);
  });

  it('are not polled while they are being created, and show that', async () => {
    const { configFile, administration } = await workspace([a, { ...b, status: 'Creating' }]);
    const { names, read } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders']), soon);
    const creating = async () =>
      ofCluster(await read(), 'saas_cluster_status', 'payments')
        .filter(({ value }) => value === 1)
        .map(({ labels }) => labels.status);
    expect(await creating()).toEqual(Array(5).fill('creating'));
    expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=saas': 1 });
    administration.setClusters([a, b]);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders', 'payments']), soon);
  });

  it('show the status of each component: exactly one is 1, an unknown one is unknown, a missing one is absent', async () => {
    const statuses = { ready: 'Unhealthy', zeebeStatus: 'Updating', operateStatus: 'Paused', optimizeStatus: null };
    const { configFile } = await workspace([{ ...a, statuses }]);
    const { read } = await startFrom(configFile);
    const samples = await vi.waitFor(async () => {
      const found = ofCluster(await read(), 'saas_cluster_status', 'orders');
      expect(found).toHaveLength(20);
      return found;
    }, soon);
    const present = samples.filter(({ value }) => value === 1).map(({ labels }) => [labels.component, labels.status]);
    expect(Object.fromEntries(present)).toEqual({
      cluster: 'unhealthy',
      zeebe: 'updating',
      operate: 'unknown',
      tasklist: 'healthy',
    });
    expect(present).toHaveLength(4);
  });
});

describe('a reload', () => {
  it('that does not change the settings requests no other token', async () => {
    const { configFile, issuer, administration } = await workspace([a]);
    const { names, reload } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders']), soon);
    expect((await reload()).status).toBe(200);
    administration.setClusters([a, b]);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders', 'payments']), soon);
    expect(issuer.requests().issued).toBe(1);
  });

  it('that changes the filter changes the clusters', async () => {
    const { configFile } = await workspace([a, b]);
    const { names, reload } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders', 'payments']), soon);
    appendFileSync(configFile, '    filter: { names: [payments] }\n');
    expect((await reload()).status).toBe(200);
    await vi.waitFor(async () => expect(await names()).toEqual(['payments']), soon);
  });

  it('that changes the settings keeps the token of the organization', async () => {
    const { configFile, issuer } = await workspace([a, b]);
    const { names, reload } = await startFrom(configFile, anHour);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders', 'payments']), soon);
    appendFileSync(configFile, '    filter: { names: [payments] }\n');
    await reload();
    await vi.waitFor(async () => expect(await names()).toEqual(['payments']), soon);
    expect(issuer.requests().issued).toBe(1);
  });

  it('that lowers max_clusters shows at once how many clusters are left, and which are not polled', async () => {
    const { configFile } = await workspace([a, b]);
    const { names, read, reload, lines } = await startFrom(configFile, anHour);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders', 'payments']), soon);
    appendFileSync(configFile, 'max_clusters: 1\n');
    await reload();
    expect(valuesOf(await read(), 'discovery_clusters')).toEqual({ 'provider=saas': 1 });
    expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=saas': 0 });
    expect(String(problemsIn(lines))).toContain('not polled: payments');
  });

  it('that configures a cluster with a discovered name shows at once that the discovered one is not polled', async () => {
    const { configFile } = await workspace([a, b]);
    const { names, read, reload, lines } = await startFrom(configFile, anHour);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders', 'payments']), soon);
    appendFileSync(configFile, 'clusters: [{ name: orders, address: "http://127.0.0.1:1" }]\n');
    await reload();
    expect(valuesOf(await read(), 'discovery_clusters')).toEqual({ 'provider=saas': 1 });
    expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=saas': 0 });
    expect(String(problemsIn(lines))).toContain('found "orders", as at clusters of the configuration file');
  });

  it('that adds discovery leaves an exporter ready that was ready before', async () => {
    const { configFile, administration } = await workspace([a]);
    const zeebe = await httpServer(healthy);
    const discovery = readFileSync(configFile, 'utf8');
    const clusters = `clusters: [{ name: own, address: "${zeebe}" }]\n`;
    writeFileSync(configFile, clusters);
    administration.setFault({ kind: 'silence' });
    const { get, reload } = await startFrom(configFile);
    await vi.waitFor(async () => expect((await get('/-/ready')).status).toBe(200), soon);
    writeFileSync(configFile, `${clusters}${discovery}`);
    expect((await reload()).status).toBe(200);
    expect((await get('/-/ready')).status).toBe(200);
  });
});

describe('a cluster whose plan or generation changes', () => {
  it('goes on as before, and /sd shows the change, also if its settings name a file', async () => {
    const times = 'poll_interval: 24h, probe_min_interval: 0';
    const cluster = `cluster: { ${times}, basic_auth: { username: all, password_file: zeebe-secret } }`;
    const labelled = "labels: { plan: '{plan}' }";
    const { configFile, folder, administration, requests } = await workspace([a], cluster, labelled);
    writeFileSync(join(folder, 'zeebe-secret'), 'old');
    const { get, read } = await startFrom(configFile);
    await vi.waitFor(async () => expect(valuesOf(await read(), 'up')).toEqual({ '': 1 }), soon);
    administration.setClusters([{ ...a, generation: 'Camunda 8.9', planType: 'Enterprise' }]);
    const labels = async () => JSON.parse((await get('/sd')).text)[0].labels;
    await vi.waitFor(async () => expect(await labels()).toMatchObject({ __meta_zeebe_plan: 'Enterprise' }), soon);
    const shown = { __meta_zeebe_generation: 'Camunda 8.9', __meta_zeebe_label_plan: 'Enterprise' };
    expect(await labels()).toMatchObject(shown);
    expect(valuesOf(await read(), 'cluster_labels')).toEqual({ 'plan=Enterprise': 1 });
    expect(valuesOf(await read(), 'polls_total')).toEqual({ '': 1 });
    expect(valuesOf(await read(), 'up')).toEqual({ '': 1 });
    expect(requests).toHaveLength(1);
    writeFileSync(join(folder, 'zeebe-secret'), 'new');
    await get('/probe?cluster=orders');
    expect(requests[1]?.authorization).toBe(`Basic ${Buffer.from('all:new').toString('base64')}`);
    expect(await labels()).toMatchObject(shown);
  });
});

describe('each of several shards', () => {
  it('counts its own clusters, and shows the status of these alone, also while they are not polled', async () => {
    const clusters = Array.from({ length: 8 }, (_, index) => ({ uuid: `id-${index}`, name: `cluster-${index}` }));
    const created = clusters.map((each, index) => (index % 2 === 0 ? each : { ...each, status: 'Creating' as const }));
    const { configFile } = await workspace(created);
    for (const index of [0, 1]) {
      const { read } = client(await start({ ...(await loaded(configFile)), shard: { index, total: 2 } }));
      await vi.waitFor(async () => expect(samplesOf(await read(), 'discovery_up')).toHaveLength(1), soon);
      const page = await read();
      const own = created.filter(({ name }) => shardOfCluster(name, 2) === index);
      const shown = new Set(samplesOf(page, 'saas_cluster_status').map(({ labels }) => labels.zeebe_cluster));
      expect([...shown].sort()).toEqual(own.map(({ name }) => name));
      const polled = own.filter((each) => !('status' in each));
      expect(valuesOf(page, 'discovery_clusters')).toEqual({ 'provider=saas': polled.length });
      expect(polled.length).toBeGreaterThan(0);
    }
  });
});

describe('a new secret of the organization', () => {
  it('is used without a reload', async () => {
    const { configFile, folder, issuer } = await workspace([a]);
    writeFileSync(join(folder, 'org-secret'), 'wr0ng-s3cr3t');
    const { names, lines } = await startFrom(configFile);
    await vi.waitFor(() => expect(problemsIn(lines)).toBeDefined(), soon);
    expect(issuer.requests().issued).toBe(0);
    writeFileSync(join(folder, 'org-secret'), organization.clientSecret);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders']), soon);
  });
});

describe('an Administration API that fails', () => {
  it.each([
    [
      { kind: 'status', status: 500 } as const,
      /^GET .*\/clusters answered 500: .*; the exporter asks again after refresh_interval/,
    ],
    [{ kind: 'status', status: 429 } as const, /answered 429: .*; raise discovery.saas.refresh_interval$/],
    [
      { kind: 'status', status: 404 } as const,
      /answered 404: .*; check the host and the path in discovery.saas.address$/,
    ],
    [{ kind: 'status', status: 403 } as const, /answered 403: .*; the client in discovery.saas.oauth2 must be/],
    [{ kind: 'html' } as const, /answered 200: expected JSON, got the content type "text\/html"; check the host and/],
    [{ kind: 'login-redirect' } as const, /answered 302; redirects are not followed \(to \/login\); check the host/],
    [{ kind: 'hang-up' } as const, /clusters/],
  ])('with %j leaves the clusters as they were, and shows why', async (fault, problem) => {
    const { configFile, administration } = await workspace([a]);
    const { names, read, lines } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['orders']), soon);
    administration.setFault(fault);
    await vi.waitFor(async () => expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=saas': 0 }), soon);
    expect(await names()).toEqual(['orders']);
    expect(samplesOf(await read(), 'saas_cluster_status')).toEqual([]);
    expect(String(problemsIn(lines))).toMatch(problem);
    administration.setFault();
    administration.setClusters([b]);
    await vi.waitFor(async () => expect(await names()).toEqual(['payments']), soon);
    expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=saas': 1 });
  });

  it('and quotes the secret of the organization does not bring it into the log', async () => {
    const quoting = await httpServer((_request, response) => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(`client_secret=${organization.clientSecret}`);
    });
    const { configFile, administration } = await workspace([a]);
    writeFileSync(configFile, readFileSync(configFile, 'utf8').replace(administration.address, quoting));
    const { lines } = await startFrom(configFile);
    await vi.waitFor(() => expect(String(problemsIn(lines))).toContain('answered 500: client_secret=<secret>;'), soon);
    expect(JSON.stringify(lines)).not.toContain(organization.clientSecret);
  });

  it('may say when to ask again', async () => {
    const { configFile, administration } = await workspace([a]);
    administration.setFault({ kind: 'status', status: 429, retryAfter: 90 });
    const { saas } = (await loaded(configFile)).discovery ?? {};
    if (!saas) throw new Error('saas expected');
    const api = connectToAdministrationApi(saas, { sharedTokens: createSharedTokens(systemClock), clock: systemClock });
    onTestFinished(() => api.close());
    expect(await api.clusters(new AbortController().signal)).toMatchObject({ ok: false, retryAfter: 90_000 });
  });

  it.each([
    [
      '{"clusters": []}',
      'expected a list of clusters, got another JSON value; check the host and the path in discovery.saas.address',
    ],
    ['[', 'expected a JSON document, got text that is not JSON; check the host and the path in discovery.saas.address'],
    [
      `[${Array(2_001).fill('{}')}]`,
      'expected at most 2000 clusters, got 2001; list those to poll in files instead (discovery.files)',
    ],
  ])('answers %.40s, which has no list of clusters', (body, problem) => {
    expect(parseClusters(body, (text) => text)).toEqual({ ok: false, problem });
  });

  it.each([
    ['{ "uuid": "../x", "name": "a" }', '[0].uuid: expected letters, digits and hyphens', undefined],
    ['[]', '[0]: expected an object, got a list', undefined],
    ['{ "uuid": "a", "name": 1 }', '[0].name: expected a string, got 1', 'a'],
    [`{ "uuid": "a", "name": "${'n'.repeat(300)}" }`, '[0].name: expected at most 256 characters, got 300', 'a'],
    ['{ "uuid": "a", "status": "Healthy" }', '[0].status: expected an object, got "Healthy"', 'a'],
  ])('may have an entry such as %.40s beside clusters that can be read', (entry, problem, id) => {
    expect(parseClusters(`[${entry}, { "uuid": "b" }]`, (text) => text)).toEqual({
      ok: true,
      entries: [
        { problem, ...(id !== undefined && { id }) },
        expect.objectContaining({ facts: expect.objectContaining({ id: 'b' }) }),
      ],
    });
  });

  it('keeps the exporter from being ready until the first request to it has ended', async () => {
    const { configFile, administration } = await workspace([a]);
    administration.setFault({ kind: 'silence' });
    const { get } = await startFrom(configFile);
    expect(await get('/-/ready')).toMatchObject({
      status: 503,
      text: expect.stringContaining('not been discovered yet'),
    });
  });

  it('refuses the organization: the log names the setting and not the secret, and the exporter is ready', async () => {
    const { configFile, folder } = await workspace([a]);
    writeFileSync(join(folder, 'org-secret'), 'wr0ng-s3cr3t');
    const { lines, get } = await startFrom(configFile);
    await vi.waitFor(() => expect(String(problemsIn(lines))).toContain('discovery.saas.oauth2.client_secret'), soon);
    await vi.waitFor(async () => expect((await get('/-/ready')).status).toBe(200), soon);
    expect(JSON.stringify(lines)).not.toContain('wr0ng-s3cr3t');
  });
});

describe('the settings of discovery', () => {
  it('are those of Camunda SaaS by default: addresses, token endpoint and audience', async () => {
    const path = join(newFolder(), 'exporter.yml');
    writeFileSync(path, 'discovery: { saas: { oauth2: { client_id: a, client_secret: b } } }');
    const { saas } = (await loaded(path)).discovery ?? {};
    expect(saas?.clusterAddress).toBe('https://{region}.zeebe.camunda.io/{id}');
    expect(saas?.api.address.href).toBe('https://api.cloud.camunda.io/');
    expect(saas?.api.authentication).toMatchObject({
      audience: 'api.cloud.camunda.io',
      endpoint: { tokenUrl: new URL('https://login.cloud.camunda.io/oauth/token') },
    });
  });

  const complaint = async (content: string) => {
    const path = join(newFolder(), 'exporter.yml');
    writeFileSync(path, content);
    const error = await loaded(path).catch((thrown: Error) => thrown);
    return error instanceof Error ? error.message.replaceAll(path, 'exporter.yml') : 'none';
  };

  it.each([
    ['discovery: []', 'exporter.yml:1: discovery: expected a mapping, found an empty list'],
    [
      'discovery: {}',
      'exporter.yml:1: discovery: expected at least one of files, saas, kubernetes, found none of them',
    ],
    [
      'discovery: { file: {} }',
      'discovery.file: expected one of files, saas, kubernetes, found an unknown key (did you mean files?)',
    ],
    ['discovery: { files: {} }', 'discovery.files.paths: expected a value, found nothing'],
    ['discovery: { files: { paths: [] } }', 'discovery.files.paths: expected at least one pattern'],
    [
      'discovery: { files: { paths: [a], refresh_interval: 0s } }',
      'refresh_interval: expected a duration from 1s to 24h, found "0s"',
    ],
    ['discovery: { saas: {} }', 'discovery.saas.oauth2: expected client_id and client_secret of a client of the'],
    ['discovery: { saas: { oauth2: {} } }', 'discovery.saas.oauth2.client_id: expected a value, found nothing'],
    ['discovery: { saas: { cluster_name: "{nam}" } }', 'discovery.saas.cluster_name: expected a template with {name}'],
    [
      'discovery: { saas: { cluster_file: a.yml } }',
      'discovery.saas.cluster_file: expected a template with {id} in it',
    ],
    [
      'discovery: { saas: { labels: { zeebe_cluster: a } } }',
      'exporter.yml:1: discovery.saas.labels: expected labels other than zeebe_cluster',
    ],
    [
      'discovery: { saas: { labels: { zone: "{zone}" } } }',
      'exporter.yml:1: discovery.saas.labels: expected a value of the label zone with no other braces than those of {id}',
    ],
    [
      'discovery: { saas: { filter: { plan: [a] } } }',
      'discovery.saas.filter.plan: expected one of names, regions, plans, channels, found an unknown key',
    ],
    ['discovery: { saas: { cluster: { name: a } } }', 'discovery.saas.cluster.name: expected one of'],
    ['discovery: { saas: { cluster: { oauth: {} } } }', '(did you mean oauth2?)'],
    [
      'discovery: { saas: { cluster: { max_series: 0 } } }',
      'exporter.yml:1: discovery.saas.cluster.max_series: expected a whole number from 1',
    ],
    [
      'discovery: { saas: { cluster: { basic_auth: { username: a } } } }',
      'exporter.yml:1: discovery.saas.cluster.basic_auth.password: expected a value, or a file that holds it in',
    ],
    [
      'discovery: { saas: { cluster: { basic_auth: { username: a, password_file: none } } } }',
      'discovery.saas.cluster.basic_auth.password_file: expected a readable file',
    ],
    [
      'discovery: { saas: { cluster: { labels: { pod: a } } } }',
      'discovery.saas.cluster.labels: expected labels other than pod',
    ],
    [
      'discovery: { saas: { cluster: { poll_timeout: 1h } } }',
      'discovery.saas.cluster.poll_timeout: expected at most the poll_interval',
    ],
    [
      'discovery: { saas: { cluster_address: "http://a/{id}", cluster: { oauth2: { client_id: a } } } }',
      'discovery.saas.cluster.oauth2.token_url: expected a token endpoint',
    ],
    [
      'discovery: { saas: { cluster_file: "{id}.yml", cluster: { max_series: 0 } } }',
      'discovery.saas.cluster.max_series: expected a whole number from 1',
    ],
  ])('%s is an error', async (content, expected) => {
    expect(await complaint(content)).toContain(expected);
  });

  it('may leave to the files of clusters what is missing in discovery.saas.cluster', async () => {
    const settings = [
      'oauth2: { client_id: a, client_secret: b }',
      'cluster: { basic_auth: { username: a }, poll_timeout: 1h }',
    ];
    expect(await complaint(`discovery: { saas: { ${settings} } }`)).toContain('basic_auth.password: expected a value');
    expect(await complaint(`discovery: { saas: { ${settings}, cluster_file: "{id}.yml" } }`)).toBe('none');
  });
});
