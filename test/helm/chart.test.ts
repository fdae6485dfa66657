import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { chartFiles } from '../../helm/files.ts';
import type { Schema } from '../../helm/json-schema.ts';
import { otherNames } from '../../helm/other-names.ts';
import { sharedThresholds } from '../../helm/rule-files.ts';
import { valuesSchema } from '../../helm/schema.ts';
import { inFile } from '../../helm/settings-schema.ts';
import { chart, chartValues, documented } from '../../helm/values.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { rules } from '../../prometheus/rules.ts';
import { defaultThresholds } from '../../prometheus/thresholds.ts';
import { discoveredClusterTable, filesDiscoveryTable, saasMappingTable } from '../../src/config/discovery-settings.ts';
import { reservedLabels, reservedPrefixes } from '../../src/config/labels.ts';
import { polling } from '../../src/config/polling-settings.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { clusterTable, topTable } from '../../src/config/settings-table.ts';
import { fileWith, load } from '../config/loading.ts';

const read = (path: string) => readFileSync(new URL(path, chart), 'utf8');

/** The keys of the exporter's file that the chart sets by flags. */
const setByTheChart: readonly (keyof typeof topTable)[] = ['web.listen_addresses', 'web.telemetry_path'];

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictRequired: false });
const validate = ajv.compile(valuesSchema());

/** What Helm would say of values that are laid over the defaults. */
function problems(values: object): readonly string[] {
  validate(values);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function exporterAccepts(file: string): boolean {
  try {
    load({ file });
    return true;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

describe('the chart', () => {
  it.each(Object.entries(chartFiles()))('holds %s as `npm run chart` writes it', (path, text) => {
    expect(read(path)).toBe(text);
  });

  it('has the version of the package', () => {
    expect(parse(read('Chart.yaml'))).toMatchObject({
      version: packageJson.version,
      appVersion: packageJson.version,
      annotations: { 'artifacthub.io/images': expect.stringContaining(`:${packageJson.version}\n`) },
    });
  });

  it('names one of its values in place of each name of another chart', () => {
    const values = documented(chartValues()).map(({ path }) => path);
    expect(Object.values(otherNames).filter((name) => !values.includes(name))).toEqual([]);
    expect(Object.keys(otherNames).filter((name) => values.includes(name))).toEqual([]);
  });

  it('prefixes the names of its templates, which all charts of a parent chart share', () => {
    const files = readdirSync(new URL('templates/', chart), { recursive: true, encoding: 'utf8' });
    const templates = files.filter((name) => /\.(tpl|yaml)$/.test(name)).map((name) => read(`templates/${name}`));
    const names = templates.flatMap((text) => [...text.matchAll(/define "([^"]+)"/g)].map(([, name = '']) => name));
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !name.startsWith('zeebe-topology-exporter.'))).toEqual([]);
  });

  it('can tell the exporter everything that its file can', () => {
    const values = documented(chartValues()).map(({ path }) => path);
    const told = (key: string) => values.includes(`config.${key}`) || setByTheChart.some((known) => known === key);
    const settings = Object.entries(topTable).filter(([, { file }]) => file !== false);
    expect(settings.map(([key]) => key).filter((key) => !told(key))).toEqual([]);
    expect(settings.length).toBeGreaterThan(4);
  });
});

describe('the description of a value', () => {
  const words = documented(chartValues()).flatMap(({ path, doc }) => {
    const schema = path
      .split('.')
      .reduce<Schema | undefined>((parent, key) => parent?.properties?.[key], valuesSchema());
    return (schema?.enum ?? schema?.items?.enum ?? [])
      .filter((word) => word !== '')
      .map((word) => [path, word, doc] as const);
  });

  it.each(words)('of %s names %s', (_path, word, doc) => {
    expect(doc).toContain(`\`${word}\``);
  });
});

describe('the rules of the chart', () => {
  const { thresholds } = parse(read('values.yaml')).prometheusRule;
  const durations = parse(read('files/rules/for.yaml'));

  it('have the default thresholds as values', () => {
    expect(thresholds).toEqual(sharedThresholds);
  });

  it.each(Object.entries(rules(defaultThresholds)))('are prometheus/%s with the default values', (name, text) => {
    const used = new Set<string>();
    const replaced = read(`files/rules/${name}`).replaceAll(/\$\{(for\.)?(\w+)\}/g, (_, isDuration, key) => {
      used.add(key);
      return isDuration ? durations[key] : thresholds[key];
    });
    expect(replaced).toBe(text);
    const keys = [...Object.keys(thresholds), ...Object.keys(durations)];
    if (name === 'alerts.yaml') expect(keys.filter((key) => !used.has(key))).toEqual([]);
  });
});

describe('values.schema.json', () => {
  it('accepts the defaults', () => {
    expect(problems(parse(read('values.yaml')))).toEqual([]);
  });

  it.each(readdirSync(new URL('examples/', chart)))('accepts examples/%s', (name) => {
    expect(problems(parse(read(`examples/${name}`)))).toEqual([]);
  });

  it.each(
    Object.entries(clusterTable).flatMap(([key, { file }]) => (key === 'name' || file === false ? [] : [key])),
  )('refuses %s with a typo in it', (key) => {
    const path = `${key}x`.split('.');
    const wrong = path.reduceRight<unknown>((value, part) => ({ [part]: value }), 'value');
    const found = problems({ clusters: { a: { address: 'http://a', ...(wrong as object) } } });
    const place = ['/clusters/a', ...path.slice(0, -1)].join('/');
    expect(found).toContain(`${place} must NOT have additional properties`);
  });

  it.each([
    ['files', Object.keys(filesDiscoveryTable)],
    ['saas', Object.keys(saasMappingTable)],
    ['saas.cluster', Object.keys(inFile(discoveredClusterTable))],
  ])('knows every setting of discovery.%s, and refuses one with a typo', (provider, keys) => {
    const parts = ['discovery', ...provider.split('.')];
    const at = (path: readonly string[]) =>
      [...parts, ...path].reduceRight<unknown>((value, part) => ({ [part]: value }), 1);
    const unknown = (key: string) =>
      problems(at(key.split('.')) as object).filter((problem) => problem.includes('additional properties'));
    expect(keys.flatMap(unknown)).toEqual([]);
    expect(keys.filter((key) => unknown(`${key}x`).length === 0)).toEqual([]);
  });

  // Limits of durations are left to the exporter.
  const durations = ['0', 0, '15s', '1m30s', '1h', '90m', '1s500ms', '30s1m', '1m 30s', '15', 15, '1.5s', '-1s', '1S'];

  it.each(
    Object.keys(polling).flatMap((key) => durations.map((value) => [key, value] as const)),
  )('accepts %s: %j if the exporter does', (key, value) => {
    const others = key === 'poll_interval' ? 'poll_timeout: 1s' : 'poll_interval: 24h';
    const isAccepted = exporterAccepts(fileWith(`${key}: ${JSON.stringify(value)}`, others));
    expect(problems({ clusters: { a: { address: 'http://a', [key]: value } } }).length === 0).toBe(isAccepted);
    expect(problems({ config: { [key]: value } }).length === 0).toBe(isAccepted);
  });

  it.each([
    ...reservedLabels,
    ...reservedPrefixes.map((prefix) => `${prefix}a`),
    ...['__meta', 'a-b', '0a', 'team', '_', '_a', 'Zeebe_cluster', 'zeebe_cluster2'],
  ])('accepts the label %s of a cluster if the exporter does', (name) => {
    const labels = { [name]: 'a' };
    const isAccepted = exporterAccepts(fileWith(`labels: ${JSON.stringify(labels)}`));
    expect(problems({ clusters: { a: { address: 'http://a', labels } } }).length === 0).toBe(isAccepted);
    expect(problems({ discovery: { saas: { labels } } }).length === 0).toBe(isAccepted);
    const profiles = { a: { namespaces: ['*'], labels } };
    expect(problems({ discovery: { kubernetes: { profiles } } }).length === 0).toBe(isAccepted);
  });

  it.each([
    ['a key at the top', { cluster: {} }, ' must NOT have additional properties'],
    ['a number in quotes', { replicas: '2' }, '/replicas must be integer'],
    [
      'an unknown alert',
      { prometheusRule: { alerts: { Nope: {} } } },
      '/prometheusRule/alerts must NOT have additional properties',
    ],
    [
      'an address without a scheme',
      { clusters: { a: { address: 'camunda-zeebe-gateway:8080' } } },
      '/clusters/a/address must match pattern "^https?://[^/]"',
    ],
    ['a cluster without an address', { clusters: { a: {} } }, "/clusters/a must have required property 'address'"],
    [
      'a log level',
      { config: { log: { level: 'loud' } } },
      '/config/log/level must be equal to one of the allowed values',
    ],
    [
      'a namespace twice',
      { discovery: { kubernetes: { namespaces: ['a', 'a'] } } },
      '/discovery/kubernetes/namespaces must NOT have duplicate items (items ## 1 and 0 are identical)',
    ],
    [
      'a ratio above 1',
      { prometheusRule: { thresholds: { ...sharedThresholds, failureRatio: 20 } } },
      '/prometheusRule/thresholds/failureRatio must be <= 1',
    ],
    [
      'no leader change',
      { prometheusRule: { thresholds: { ...sharedThresholds, leaderChanges: 0 } } },
      '/prometheusRule/thresholds/leaderChanges must be >= 1',
    ],
    [
      'no difference between brokers',
      { prometheusRule: { thresholds: { ...sharedThresholds, leadersApart: 0 } } },
      '/prometheusRule/thresholds/leadersApart must be >= 1',
    ],
    [
      'a duration that Prometheus rejects',
      { prometheusRule: { thresholds: { ...sharedThresholds, lookback: '30s1m' } } },
      expect.stringContaining('/prometheusRule/thresholds/lookback must match pattern'),
    ],
    [
      'an interval that the operator rejects',
      { serviceMonitor: { interval: '30s1m' } },
      expect.stringContaining('/serviceMonitor/interval must match pattern'),
    ],
    [
      'half the key of a Secret',
      { clusters: { a: { address: 'a', basic_auth: { username: 'u', password_file: { secret: 's' } } } } },
      "/clusters/a/basic_auth/password_file must have required property 'key'",
    ],
  ])('refuses %s and names the place', (_what, values, problem) => {
    expect(problems(values)).toContainEqual(problem);
  });
});
