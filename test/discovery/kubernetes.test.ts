import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ofCluster } from '../exporting.ts';
import { valuesOf } from '../metrics/pages.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { soon } from './discovering.ts';
import { reject } from './kubernetes-server.ts';
import { problemsIn, untilNames, untilProblem, untilUp, workspace } from './kubernetes-workspace.ts';

vi.setConfig({ testTimeout: 60_000 });
beforeEach(withoutProxy);

/** Milliseconds: all Services are listed again and again, or not again during a test. */
const always = 20;
const never = 3_600_000;

describe('the clusters behind Services of Kubernetes', () => {
  it('are polled, come and go without a new list, and have no series when they are gone', async () => {
    const { server, service, start } = await workspace();
    server.apply(service('orders', 'zeebe'), service('billing', 'zeebe'));
    const exporter = await start(never);
    await untilNames(exporter, ['billing/zeebe', 'orders/zeebe']);
    await vi.waitFor(async () => {
      expect(ofCluster(await exporter.read(), 'up', 'orders/zeebe').map(({ value }) => value)).toEqual([1]);
    }, soon);
    expect(valuesOf(await exporter.read(), 'discovery_clusters')).toEqual({ 'provider=kubernetes': 2 });
    server.apply(service('new', 'zeebe'), service('orders', 'zeebe', { name: 'main' }));
    server.remove('billing', 'zeebe');
    await untilNames(exporter, ['new/zeebe', 'orders/main']);
    expect(ofCluster(await exporter.read(), 'polls_total', 'billing/zeebe')).toEqual([]);
    expect(server.requests.filter((url) => !url.includes('watch='))).toHaveLength(1);
    await untilUp(exporter, true);
  });

  it('are selected by label, in all namespaces or in those of the settings', async () => {
    const { server, service, start } = await workspace('namespaces: [orders, billing]', 'label_selector: app=zeebe');
    server.apply(service('orders', 'zeebe'), service('other', 'zeebe'), service('billing', 'zeebe'));
    await untilNames(await start(never), ['billing/zeebe', 'orders/zeebe']);
    const all = await workspace();
    all.server.apply(service('other', 'zeebe'));
    await untilNames(await all.start(never), ['other/zeebe']);
    const paths = (urls: readonly string[]) => [
      ...new Set(urls.map((url) => url.replace(/(resourceVersion=\d+&)/, ''))),
    ];
    expect(paths(server.requests).toSorted()).toEqual([
      '/api/v1/namespaces/billing/services?labelSelector=app%3Dzeebe',
      '/api/v1/namespaces/billing/services?watch=true&labelSelector=app%3Dzeebe',
      '/api/v1/namespaces/orders/services?labelSelector=app%3Dzeebe',
      '/api/v1/namespaces/orders/services?watch=true&labelSelector=app%3Dzeebe',
    ]);
    expect(paths(all.server.requests)[0]).toBe(
      '/api/v1/services?labelSelector=zeebe-topology-exporter%2Fmonitor%3Dtrue',
    );
  });

  it('are one refresh where many Services change together', async () => {
    const { server, service, start } = await workspace();
    const exporter = await start(never);
    await untilUp(exporter, true);
    server.apply(...Array.from({ length: 300 }, (_, index) => service('orders', `zeebe-${index}`)));
    await vi.waitFor(async () => expect(await exporter.names()).toHaveLength(300), soon);
    const changes = exporter.lines.filter(({ msg }) => msg.includes('the discovered clusters have changed'));
    expect(changes.length).toBeLessThanOrEqual(2);
  });

  it('keep their state while other Services change', async () => {
    const { server, service, start } = await workspace();
    server.apply(service('orders', 'zeebe'));
    const exporter = await start(never);
    const polls = async () => ofCluster(await exporter.read(), 'polls_total', 'orders/zeebe').map(({ value }) => value);
    await vi.waitFor(async () => expect(await polls()).toEqual([1]), soon);
    server.apply(service('billing', 'zeebe'));
    await untilNames(exporter, ['billing/zeebe', 'orders/zeebe']);
    expect(await polls()).toEqual([1]);
  });

  it('are named by a template, and are labelled by an annotation and in /sd', async () => {
    const { server, service, start } = await workspace("cluster_name: '{name} in {namespace}'");
    server.apply(service('orders', 'zeebe', { labels: 'team=orders, stage=production' }));
    const exporter = await start(never);
    await untilNames(exporter, ['zeebe in orders']);
    const [group] = JSON.parse((await exporter.get('/sd')).text);
    expect(group.labels).toMatchObject({
      __meta_zeebe_provider: 'kubernetes',
      __meta_zeebe_namespace: 'orders',
      __meta_zeebe_service: 'zeebe',
      __meta_zeebe_label_team: 'orders',
      __meta_zeebe_label_stage: 'production',
    });
  });
});

describe('a Service with a problem', () => {
  it.each([
    [{ prot: '8080' }, 'Service a/zeebe: zeebe-topology-exporter/prot: expected one of zeebe-topology-exporter/name,'],
    [{ prot: '8080' }, 'found an unknown annotation (did you mean zeebe-topology-exporter/port?)'],
    [{ profile: 'camunda' }, 'expected no profile, as discovery.kubernetes.profiles has none for the namespace a'],
    [{ secret: '../pods/x' }, 'zeebe-topology-exporter/secret: expected the name of a Secret in the namespace of the'],
    [{ secret: 'none' }, 'found "none": the API server responded with 404: secrets "none" not found'],
    [{ labels: 'team' }, 'labels: expected labels of the form name=value, separated by commas, found "team"'],
    [
      { labels: 'team=a,stage=b,team=a' },
      'zeebe-topology-exporter/labels: expected each label once, found "team=a,stage=b,team=a"',
    ],
    [{ name: '' }, 'zeebe-topology-exporter/name: expected a name, or no such annotation, found ""'],
    [{ name: ' ' }, 'zeebe-topology-exporter/name: expected a name, or no such annotation, found " "'],
    [{ labels: 'pod=a' }, 'Service a/zeebe: zeebe-topology-exporter/labels: expected labels other than pod'],
    [{ path: '/a?b' }, 'Service a/zeebe: zeebe-topology-exporter/path: expected a URL without a query'],
    [{ name: 'a\nb' }, 'Service a/zeebe: zeebe-topology-exporter/name: expected text without control characters'],
  ])('such as %j is not polled, and concerns no other one', async (annotations, expected) => {
    const { server, service, start } = await workspace();
    server.apply(service('a', 'zeebe', annotations), service('b', 'zeebe'));
    const exporter = await start(never);
    await untilNames(exporter, ['b/zeebe']);
    await untilUp(exporter, false);
    await untilProblem(exporter, expected);
  });

  it('keeps the settings that its cluster had, until the problem is gone', async () => {
    const { server, service, start } = await workspace();
    server.apply(service('a', 'zeebe'));
    const exporter = await start(never);
    await untilNames(exporter, ['a/zeebe']);
    server.apply(service('a', 'zeebe', { scheme: 'ftp', name: 'main' }));
    await untilUp(exporter, false);
    expect(await exporter.names()).toEqual(['a/zeebe']);
    server.apply(service('a', 'zeebe', { name: 'main' }));
    await untilNames(exporter, ['a/main']);
    await untilUp(exporter, true);
  });

  it('with an external name is one unless these are allowed', async () => {
    const { server, service, configure, start } = await workspace();
    configure('cluster_name: "{name}"');
    server.apply(service('a', 'zeebe'));
    const exporter = await start(never);
    await untilUp(exporter, false);
    expect(await exporter.names()).toEqual([]);
    expect(problemsIn(exporter)).toBe(
      'Service a/zeebe: spec.type: expected another type, as discovery.kubernetes.allow_external_names is not set, found ExternalName',
    );
  });
});

describe('an API server', () => {
  it.each<[string, Parameters<Awaited<ReturnType<typeof workspace>>['server']['intercept']>, string]>([
    ['rejects the list', ['/services', (_, response) => reject(response, 403, 'no access')], 'with 403: no access'],
    ['rejects the watch', ['watch=', (_, response) => reject(response, 403, 'no access')], 'with 403: Forbidden'],
    ['cuts connections', ['/services', (request) => request.socket.destroy()], 'other side closed'],
    [
      'returns something else',
      ['/services', (_, response) => response.setHeader('content-type', 'application/json').end('{"items":[{}]}')],
      'something else than a list of Services',
    ],
  ])('that %s leaves the clusters as they were, and is up again afterwards', async (_what, fault, expected) => {
    const { server, service, start } = await workspace();
    server.apply(service('orders', 'zeebe'));
    const exporter = await start(always);
    await untilNames(exporter, ['orders/zeebe']);
    await untilUp(exporter, true);
    const end = server.intercept(...fault);
    await untilUp(exporter, false);
    await untilProblem(exporter, 'Services in all namespaces: ');
    await untilProblem(exporter, expected);
    expect(await exporter.names()).toEqual(['orders/zeebe']);
    end();
    server.apply(service('orders', 'second'));
    await untilNames(exporter, ['orders/second', 'orders/zeebe']);
    await untilUp(exporter, true);
  });

  it('that rejects one namespace leaves the Services there as they were, and the others go on', async () => {
    const { server, service, start } = await workspace('namespaces: [orders, billing]');
    server.apply(service('orders', 'zeebe'), service('billing', 'zeebe'));
    const exporter = await start(always);
    await untilNames(exporter, ['billing/zeebe', 'orders/zeebe']);
    server.intercept('/namespaces/orders/services', (_, response) => reject(response, 403, 'no access'));
    await untilUp(exporter, false);
    server.remove('billing', 'zeebe');
    server.apply(service('billing', 'second'));
    await untilNames(exporter, ['billing/second', 'orders/zeebe']);
    expect(problemsIn(exporter)).toBe('Services in the namespace orders: the API server responded with 403: no access');
  });

  it.each(['cutWatches', 'endWatches'] as const)('that ends the watch is asked again (%s)', async (end) => {
    const { server, service, start } = await workspace();
    const exporter = await start(never);
    await untilUp(exporter, true);
    server[end]();
    server.apply(service('orders', 'zeebe'));
    await untilNames(exporter, ['orders/zeebe']);
  });

  it('whose watch is silent is asked at the interval', async () => {
    const { server, service, start } = await workspace();
    server.intercept('watch=', (_, response) => response.writeHead(200).flushHeaders());
    const exporter = await start(500);
    await untilUp(exporter, true);
    server.apply(service('orders', 'zeebe'));
    await untilNames(exporter, ['orders/zeebe']);
  });

  it.each([
    '{"type":"ADDED"}',
    '{"type":"ERROR"}',
    '{"type":"MODIFIED","object":{}}',
    'no JSON',
    '{"type":"ERROR","object":{"kind":"Status","code":410}}',
    '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}',
  ])('may send %s', async (line) => {
    const { server, service, start } = await workspace();
    const exporter = await start(never);
    await untilUp(exporter, true);
    server.sendToWatches(line);
    server.apply(service('orders', 'zeebe'));
    await untilNames(exporter, ['orders/zeebe']);
  });

  it.each([
    ['{"namespace":"a","name":7}', 'metadata.name: expected a string, got 7'],
    ['{"namespace":"a","name":"b"},"spec":[]', 'Service a/b: spec: expected an object, got a list'],
    ['{"namespace":"a","name":"b"},"spec":{"ports":{}}', 'Service a/b: spec.ports: expected a list, got an object'],
    ['{"namespace":"a","name":"b"},"spec":{"ports":[{}]}', 'Service a/b: spec.ports: expected a port, got nothing'],
    ['{"namespace":"a","name":"b","annotations":[]}', 'metadata.annotations: expected an object, got a list'],
  ])('that returns a Service with the metadata %s leaves the clusters as they were', async (metadata, expected) => {
    const { server, service, start } = await workspace();
    server.apply(service('orders', 'zeebe'));
    const exporter = await start(never);
    await untilNames(exporter, ['orders/zeebe']);
    server.sendToWatches(`{"type":"ADDED","object":{"metadata":${metadata}}}`);
    await untilUp(exporter, false);
    await untilProblem(exporter, expected);
    expect(await exporter.names()).toEqual(['orders/zeebe']);
  });

  it('has no connection of an exporter that was stopped', async () => {
    const { server, start } = await workspace();
    const exporter = await start(never);
    await untilUp(exporter, true);
    expect(server.watchCount()).toBe(1);
    await exporter.stop();
    await vi.waitFor(() => expect(server.watchCount()).toBe(0), soon);
  });

  it('that is not configured is a problem, and not the end of the exporter', async () => {
    const { start } = await workspace();
    vi.stubEnv('KUBECONFIG', '');
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '');
    const exporter = await start(always);
    await untilUp(exporter, false);
    expect(problemsIn(exporter)).toBe(
      'discovery.kubernetes: expected a pod of Kubernetes, or a kubeconfig file in KUBECONFIG, found neither',
    );
  });
});

describe('the token of a ServiceAccount', () => {
  /** Starts with a token in a file, which the client of Kubernetes reads again after a minute. */
  async function withTokenFile(interval: number) {
    const { folder, start, ...others } = await workspace();
    const token = join(folder, 'token');
    const user = `user:\n      auth-provider:\n        name: tokenFile\n        config: { tokenFile: ${token} }`;
    writeFileSync(join(folder, 'kubeconfig'), others.server.kubeconfig.replace(/user:\n +token: .*/, user));
    writeFileSync(token, 'service-account-t0k3n');
    const exporter = await start(interval);
    await untilUp(exporter, true);
    return { ...others, exporter, token };
  }

  it('that is missing when a watch goes on is a problem until it is back', async () => {
    const { server, service, exporter, token } = await withTokenFile(never);
    rmSync(token);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    server.endWatches();
    await untilUp(exporter, false);
    await untilProblem(exporter, 'ENOENT: no such file or directory');
    writeFileSync(token, 'service-account-t0k3n');
    server.apply(service('orders', 'zeebe'));
    await untilNames(exporter, ['orders/zeebe']);
  });

  it('is not shown, even if it cannot be sent', async () => {
    const { exporter, token } = await withTokenFile(always);
    writeFileSync(token, 'service-account-t0k3n\0');
    await untilUp(exporter, false);
    await untilProblem(exporter, '<secret>');
    expect(JSON.stringify(exporter.lines)).not.toContain('service-account-t0k3n');
  });
});

describe('a reload', () => {
  it('goes on with the same settings, and begins anew with others', async () => {
    const { server, service, configure, start } = await workspace();
    server.apply(service('orders', 'zeebe'));
    const exporter = await start(never);
    await untilNames(exporter, ['orders/zeebe']);
    const count = server.requests.length;
    expect((await exporter.reload()).status).toBe(200);
    expect(server.requests).toHaveLength(count);
    configure('allow_external_names: true', 'cluster_name: "{name}"');
    expect((await exporter.reload()).status).toBe(200);
    await untilNames(exporter, ['zeebe']);
  });

  it.each([
    ['external names', 'namespaces: [a, b]'],
    ['their namespace', 'allow_external_names: true', 'namespaces: [b]'],
  ])('ends polls if it takes %s from the settings, also while nothing can be listed', async (_, ...settings) => {
    const { server, service, configure, start } = await workspace('namespaces: [a, b]');
    server.apply(service('a', 'zeebe'));
    const exporter = await start(always);
    await untilNames(exporter, ['a/zeebe']);
    server.intercept('/services', (_, response) => reject(response, 500, 'no storage'));
    await untilUp(exporter, false);
    expect(await exporter.names()).toEqual(['a/zeebe']);
    configure(...settings);
    expect((await exporter.reload()).status).toBe(200);
    await untilNames(exporter, []);
  });

  it('leaves the clusters of a namespace that cannot be listed as they were, and in their place', async () => {
    const settings = ['allow_external_names: true', 'namespaces: [a, b, c]'];
    const { server, service, configure, start } = await workspace();
    configure(...settings);
    server.apply(service('a', 'zeebe'), service('b', 'one'), service('b', 'two'), service('c', 'zeebe'));
    const exporter = await start(always);
    await untilNames(exporter, ['a/zeebe', 'b/one', 'b/two', 'c/zeebe']);
    const end = server.intercept('/namespaces/b/services', (_, response) => reject(response, 403, 'no access'));
    configure(...settings, 'cluster_name: "{namespace}-{name}"');
    expect((await exporter.reload()).status).toBe(200);
    await untilNames(exporter, ['a-zeebe', 'b/one', 'b/two', 'c-zeebe']);
    expect(problemsIn(exporter)).toBe('Services in the namespace b: the API server responded with 403: no access');
    server.remove('b', 'one');
    end();
    await untilNames(exporter, ['a-zeebe', 'b-two', 'c-zeebe']);
    await untilUp(exporter, true);
  });
});
