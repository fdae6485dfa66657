import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseQuery } from '../../prometheus/promql.ts';
import { chartTools, type Tools } from '../go-tools.ts';
import { tlsSecret } from './certificate.ts';
import { checkConfig, layOut, type Objects } from './kubelet.ts';
import { kubernetesSchemas, kubernetesVersions, schemaLocations } from './kubernetes-schemas.ts';
import { restrictedViolations } from './pod-security.ts';
import { chart, chartOf, paths, type Rendered, render, valueSets } from './rendered.ts';

const execute = promisify(execFile);

let tools: Tools;
let schemas: string;
let objects: Objects;

beforeAll(async () => {
  tools = await chartTools();
  schemas = await kubernetesSchemas();
  objects = await objectsOfTheExamples();
});

describe('helm', () => {
  it.each(['default values', ...Object.keys(valueSets)])('lints the chart: %s', async (name) => {
    const files = valueSets[name] ?? [];
    const values = paths(files).flatMap((path) => ['--values', path]);
    const { stdout } = await execute(tools.helm, [
      'lint',
      '--strict',
      '--kube-version',
      '1.37.0',
      ...values,
      chartOf(files),
    ]);
    expect(stdout).toContain('1 chart(s) linted, 0 chart(s) failed');
    expect(stdout).not.toContain('[WARNING]');
  });

  it('packages the files of an installation without tests and examples', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'zeebe-topology-exporter-packed-'));
    try {
      await execute(tools.helm, ['package', '--destination', folder, chart]);
      const [archive = ''] = await readdir(folder);
      const { stdout } = await execute('tar', ['-tzf', join(folder, archive)]);
      const files = stdout.trim().split('\n');
      expect(files).toContain('zeebe-topology-exporter/files/rules/alerts.yaml');
      expect(files).toContain('zeebe-topology-exporter/templates/tests/scrape.yaml');
      expect(files.filter((file) => /exporter\/(tests|examples)\//.test(file))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('helm-unittest', () => {
  it('passes every suite', async () => {
    const { stdout } = await execute(tools.helmUnittest, [chart]);
    const suites = (await readdir(join(chart, 'tests'))).filter((name) => name.endsWith('_test.yaml')).length;
    expect(stdout).toMatch(new RegExp(`Test Suites: +${suites} passed, ${suites} total`));
    expect(stdout).toMatch(/Tests: +(\d+) passed, \1 total/);
  });
});

describe('the examples of the chart', () => {
  it('are all tested', async () => {
    const tried = Object.values(valueSets).flat();
    expect((await readdir(join(chart, 'examples'))).filter((name) => !tried.includes(name))).toEqual([]);
  });
});

describe.each(Object.entries(valueSets))('the chart with values for %s', (_name, files) => {
  let rendered: Rendered;

  beforeAll(async () => {
    rendered = await render(tools.helm, files);
  });

  it.each(
    kubernetesVersions,
  )('renders manifests that are valid for Kubernetes %s and the operators', async (version) => {
    const { resources, summary } = await conform(rendered.text, version);
    expect(resources.filter(({ status }) => status !== 'statusValid')).toEqual([]);
    expect(summary).toEqual({ valid: rendered.manifests.length, invalid: 0, errors: 0, skipped: 0 });
    expect(summary.valid).toBeGreaterThan(3);
  });

  it('renders pods that satisfy the restricted Pod Security Standard', () => {
    const pods = rendered.manifests.filter(({ kind }) => kind === 'Pod').map(({ spec }) => spec);
    expect(pods).toHaveLength(1);
    for (const pod of [rendered.template.spec, ...pods]) {
      if (!pod?.containers) throw new Error('expected containers');
      expect(restrictedViolations({ ...pod, containers: pod.containers })).toEqual([]);
      expect(pod.containers.every(({ securityContext }) => securityContext?.readOnlyRootFilesystem)).toBe(true);
    }
  });

  it('renders pods that the scrape configuration of docs/prometheus.md finds', async () => {
    const configuration = await fromRoot('docs/prometheus.md');
    const [, label = '', value] = /\[__meta_kubernetes_pod_label_(\w+)\]\n +regex: (\S+)/.exec(configuration) ?? [];
    const { labels = {} } = rendered.template.metadata;
    const discovered = Object.entries(labels).map(([key, own]) => [key.replaceAll(/\W/g, '_'), own]);
    expect(discovered).toContainEqual([label, value]);
  });

  it('renders a configuration that the exporter accepts', async () => {
    const container = await layOut(rendered, objects);
    expect(await checkConfig(container)).toMatch(/^The configuration is valid(: .+)?\.\n/);
  });
});

describe('the rules of the chart', () => {
  it.each(['alerts.yaml', 'recording.yaml'])('are identical to prometheus/%s with the default values', async (name) => {
    const rules = `{{ include "zeebe-topology-exporter.ruleFile" (list $ "${name}") | toJson }}`;
    const extraObjects = [`{apiVersion: v1, kind: ConfigMap, metadata: {name: rules}, data: {rules: ${rules}}}`];
    const { find } = await render(tools.helm, ['camunda-none.yaml'], { extraObjects });
    expect(find('ConfigMap')?.data?.rules).toBe(await fromRoot(`prometheus/${name}`));
  });

  it('in the PrometheusRule are those of prometheus/ with the default values', async () => {
    const { find } = await render(tools.helm, ['camunda-none.yaml'], { prometheusRule: { enabled: true } });
    const files = await Promise.all(['alerts.yaml', 'recording.yaml'].map((name) => fromRoot(`prometheus/${name}`)));
    expect(find('PrometheusRule')?.spec?.groups).toEqual(files.flatMap((text) => parse(text).groups));
  });

  it('are valid PromQL with other thresholds', async () => {
    const { find } = await render(tools.helm, valueSets['every value'] ?? []);
    const rules = find('PrometheusRule')?.spec?.groups?.flatMap((group) => group.rules) ?? [];
    expect(rules.length).toBeGreaterThan(30);
    for (const { expr } of rules) parseQuery(expr);
    expect(JSON.stringify(rules)).toContain('[1h30m]');
  });
});

describe('an umbrella chart', () => {
  const files = valueSets['an umbrella chart'] ?? [];

  it('passes its registry and its pull secrets to the exporter', async () => {
    const { template } = await render(tools.helm, files);
    expect(template.spec.containers[0].image).toMatch(
      /^mirror\.example\.com\/zeebe-topology-exporter\/zeebe-topology-exporter:/,
    );
    expect(template.spec.imagePullSecrets).toEqual([{ name: 'mirror' }]);
  });

  it('leaves the exporter out if its condition is false', async () => {
    const values = ['--set', 'zeebe-topology-exporter.enabled=false'];
    const { stdout } = await execute(tools.helm, ['template', 'release', chartOf(files), ...values]);
    expect(stdout.trim()).toBe('');
  });
});

describe('examples/kubernetes', () => {
  it.each(kubernetesVersions)('is valid for Kubernetes %s', async (version) => {
    const manifests = await fromRoot('examples/kubernetes/exporter.yaml');
    const { summary } = await conform(manifests, version);
    expect(summary).toEqual({ valid: 3, invalid: 0, errors: 0, skipped: 0 });
  });
});

describe('the checks of the chart', () => {
  it.each([
    ['Deployment', '            - name: http\n', '            - nam: http\n'],
    ['ServiceMonitor', 'scheme: http', 'schema: http'],
    ['PrometheusRule', 'expr:', 'expression:'],
  ])('reject a %s with a typo', async (kind, right, wrong) => {
    const { text } = await render(tools.helm, ['camunda-none.yaml', 'kube-prometheus-stack.yaml']);
    expect(text).toContain(right);
    const { resources } = await conform(text.replace(right, wrong), kubernetesVersions[0]);
    expect(resources.filter(({ status }) => status === 'statusInvalid').map((each) => each.kind)).toEqual([kind]);
  });

  it('reject a pod without its security contexts', async () => {
    const none = { podSecurityContext: { runAsNonRoot: false, seccompProfile: null }, securityContext: null };
    const { template } = await render(tools.helm, ['camunda-none.yaml'], none);
    expect(restrictedViolations(template.spec)).toEqual([
      'allowPrivilegeEscalation',
      'runAsNonRoot',
      'seccompProfile',
      'capabilities.drop',
    ]);
  });
});

describe('an upgrade of the chart', () => {
  const clusters = (password: string) => ({
    clusters: { a: { address: 'http://a:8080', basic_auth: { username: 'u', password } } },
  });

  it.each([
    ['the configuration', clusters('old'), clusters('new')],
    ['the log level', clusters('old'), { ...clusters('old'), config: { log: { level: 'debug' } } }],
    [
      'the web configuration',
      clusters('old'),
      { ...clusters('old'), web: { config: { basic_auth_users: { u: 'h' } } } },
    ],
  ])('with a change of %s restarts the pods', async (_what, before, after) => {
    const [one, other] = [await render(tools.helm, [], before), await render(tools.helm, [], after)];
    const checksum = ({ template }: Rendered) => template.metadata.annotations?.['checksum/config'];
    expect(checksum(one)).toMatch(/^[0-9a-f]{64}$/);
    expect(checksum(other)).not.toBe(checksum(one));
  });

  it.each([
    ['nothing', {}],
    [
      'labels and rules',
      { commonAnnotations: {}, serviceMonitor: { enabled: true }, prometheusRule: { enabled: true } },
    ],
  ])('with a change of %s does not restart the pods', async (_what, change) => {
    const one = await render(tools.helm, [], clusters('old'));
    const other = await render(tools.helm, [], { ...clusters('old'), ...change });
    expect(other.template).toEqual(one.template);
  });
});

const fromRoot = (path: string): Promise<string> => readFile(join(chart, '../..', path), 'utf8');

interface Conformity {
  readonly resources: readonly { readonly kind: string; readonly status: string; readonly msg: string }[];
  readonly summary: Readonly<Record<'valid' | 'invalid' | 'errors' | 'skipped', number>>;
}

async function conform(manifests: string, version: string): Promise<Conformity> {
  const locations = schemaLocations(schemas).flatMap((location) => ['-schema-location', location]);
  const flags = ['-strict', '-verbose', '-summary', '-output', 'json', '-kubernetes-version', version, ...locations];
  const child = spawn(tools.kubeconform, flags, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(manifests);
  const [conformity] = await Promise.all([json(child.stdout) as Promise<Conformity>, once(child, 'exit')]);
  return conformity;
}

/** Returns the content of the Secrets and ConfigMaps that the examples name. */
async function objectsOfTheExamples(): Promise<Objects> {
  const folder = await mkdtemp(join(tmpdir(), 'zeebe-topology-exporter-certificate-'));
  try {
    const pair = await tlsSecret(folder);
    return {
      'camunda-exporter': { password: 'secret\n', 'client-secret': 'secret\n', ...pair },
      'company-ca': { 'ca.crt': pair['tls.crt'] },
      'camunda-organization': { 'client-secret': 'secret\n' },
      'exporter-client': pair,
      'exporter-tls': pair,
      signing: pair,
      'exporter-config': {
        'exporter.yml':
          'clusters:\n  - name: a\n    address: http://a:8080\n    basic_auth: {username: u, password_file: password}\n',
        password: 'secret',
      },
      'zeebe-clusters': { 'orders.yml': '- {name: orders, address: http://orders:8080}\n' },
      'zeebe-saas': {},
      'exporter-web': {
        'web.yml': 'tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n',
        ...pair,
      },
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
