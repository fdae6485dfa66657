import { alertGroups } from '../prometheus/rules.ts';
import { defaultThresholds } from '../prometheus/thresholds.ts';
import {
  apiVersions,
  clientAuthenticationMethods,
  logFormats,
  logLevels,
  signatureAlgorithms,
} from '../src/config/config.ts';
import type { Setting, Shape, Table } from '../src/config/setting.ts';
import { clusterTable } from '../src/config/settings-table.ts';
import { cipherSuites, clientAuthTypes, curves, tlsVersions, webTable } from '../src/config/web-table.ts';
import { type ChartValue, chartValues } from './values.ts';

interface Schema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly (string | number)[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly propertyNames?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
}

const text: Schema = { type: 'string' };
const some: Schema = { type: 'string', minLength: 1 };
const anyObject: Schema = { type: 'object' };
const texts: Schema = { type: 'object', additionalProperties: text };
const objects: Schema = { type: 'array', items: anyObject };
const port: Schema = { type: 'integer', minimum: 1, maximum: 65_535 };
const seconds: Schema = { type: 'integer', minimum: 1 };
const optional = (values: readonly string[]): Schema => ({ enum: ['', ...values] });
const emptyOr = (pattern: string): Schema => ({ type: 'string', pattern: `^(${pattern})?$` });
const duration = '([0-9]+(ms|[smhdwy]))+';

const closed = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  properties,
  additionalProperties: false,
});

/** The allowed values of settings that are enumerations. The tables of settings do not export them. */
const words: Readonly<Record<string, readonly string[]>> = {
  api_version: apiVersions,
  'oauth2.client_auth': clientAuthenticationMethods,
  'oauth2.signature_algorithm': signatureAlgorithms,
  'oauth2.tls_config.min_version': Object.keys(tlsVersions),
  'tls_config.min_version': Object.keys(tlsVersions),
  'tls_server_config.client_auth_type': clientAuthTypes,
  'tls_server_config.min_version': Object.keys(tlsVersions),
  'tls_server_config.max_version': Object.keys(tlsVersions),
  'tls_server_config.cipher_suites': Object.keys(cipherSuites),
  'tls_server_config.curve_preferences': Object.keys(curves),
};

const shapes: Readonly<Record<Shape, Schema>> = {
  text: some,
  boolean: { type: 'boolean' },
  list: { type: 'array', items: some },
  map: texts,
};

/** A path that is mounted in another way, or a reference to a key that the chart mounts. */
function file(key: string): Schema {
  const sources = /(ca|cert|certificate)_file$/.test(key) ? { secret: some, configMap: some } : { secret: some };
  return {
    ...closed({ ...sources, key: { type: 'string', pattern: '^[-._a-zA-Z0-9]+$' } }),
    type: ['string', 'object'],
    minLength: 1,
    required: ['key'],
    minProperties: 2,
    maxProperties: 2,
  };
}

function setting(key: string, { shape }: Setting): Schema {
  if (key.endsWith('_file')) return file(key);
  const values = words[key];
  if (values === undefined) return shapes[shape];
  return shape === 'list' ? { type: 'array', items: { enum: values } } : { enum: values };
}

/** Returns the schema of the mapping for these settings. A key with a dot becomes a key of a nested mapping. */
function mapping(table: Table, prefix = ''): Schema {
  const properties: Record<string, Schema> = {};
  for (const key of Object.keys(table)) {
    if (!key.startsWith(prefix)) continue;
    const [name = '', ...inner] = key.slice(prefix.length).split('.');
    const found = table[key];
    if (inner.length > 0) properties[name] = mapping(table, `${prefix}${name}.`);
    else if (found) properties[name] = { ...setting(key, found), description: found.doc };
  }
  return closed(properties);
}

const inFile = (table: Table): Table =>
  Object.fromEntries(Object.entries(table).filter(([, { file: isInFile }]) => isInFile !== false));

const cluster = (): Schema => {
  // The name of a cluster is its key in `clusters`.
  const { name: _, ...table } = inFile(clusterTable);
  return { ...mapping(table), required: ['address'] };
};

/** Top-level settings of the file, except those of `web` that the chart sets by flags. Omitted if empty or null. */
const topOfTheFile: Readonly<Record<string, Schema>> = {
  poll_interval: emptyOr(duration),
  poll_timeout: emptyOr(duration),
  'log.level': optional(logLevels),
  'log.format': optional(logFormats),
  'web.allowed_hosts': { type: ['array', 'null'], items: some },
};

const probe = closed({
  initialDelaySeconds: { type: 'integer', minimum: 0 },
  periodSeconds: seconds,
  timeoutSeconds: seconds,
  successThreshold: seconds,
  failureThreshold: seconds,
  terminationGracePeriodSeconds: seconds,
});

const secretKey: Schema = { ...closed({ name: some, key: some }), required: ['name', 'key'] };

const alert = closed({
  enabled: { type: 'boolean' },
  for: { type: 'string', pattern: `^${duration}$` },
  keep_firing_for: { type: 'string', pattern: `^${duration}$` },
  labels: texts,
  annotations: texts,
});

const count: Schema = { type: ['integer', 'string'], minimum: 0, pattern: '^([0-9]+%?)?$' };

const alertNames = (): readonly string[] =>
  Object.values(alertGroups(defaultThresholds))
    .flat()
    .map(({ name }) => `ZeebeTopology${name}`);

/** Schemas of values whose default does not determine the type. All other types are inferred from values.yaml. */
function refined(): Readonly<Record<string, Schema>> {
  return {
    clusters: { type: 'object', propertyNames: { minLength: 1, maxLength: 128 }, additionalProperties: cluster() },
    ...Object.fromEntries(Object.entries(topOfTheFile).map(([key, schema]) => [`config.${key}`, schema])),
    'web.port': port,
    'web.telemetry_path': { type: 'string', pattern: '^/[-._~/A-Za-z0-9]*$' },
    'web.config': mapping(webTable),
    replicas: { type: 'integer', minimum: 0 },
    'image.digest': emptyOr('sha256:[0-9a-f]{64}'),
    'image.pullPolicy': { enum: ['Always', 'IfNotPresent', 'Never'] },
    commonLabels: texts,
    commonAnnotations: texts,
    podLabels: texts,
    podAnnotations: texts,
    extraArgs: { type: 'array', items: { type: 'string', pattern: '^--' } },
    extraObjects: { type: 'array', items: { type: ['string', 'object'] } },
    'serviceAccount.annotations': texts,
    livenessProbe: probe,
    readinessProbe: probe,
    nodeSelector: texts,
    'podDisruptionBudget.minAvailable': count,
    'podDisruptionBudget.maxUnavailable': count,
    'service.type': { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
    'service.port': port,
    'service.labels': texts,
    'service.annotations': texts,
    ...Object.fromEntries(['serviceMonitor', 'podMonitor'].flatMap((name) => Object.entries(monitor(name)))),
    'prometheusRule.labels': texts,
    'prometheusRule.annotations': texts,
    'prometheusRule.alertLabels': texts,
    'prometheusRule.alerts': closed(Object.fromEntries(alertNames().map((name) => [name, alert]))),
    'dashboards.labels': texts,
    'dashboards.annotations': texts,
    'tests.timeoutSeconds': seconds,
  };
}

const monitor = (name: string): Readonly<Record<string, Schema>> => ({
  [`${name}.labels`]: texts,
  [`${name}.annotations`]: texts,
  [`${name}.interval`]: emptyOr(duration),
  [`${name}.scrapeTimeout`]: emptyOr(duration),
  [`${name}.basicAuth`]: closed({ username: secretKey, password: secretKey }),
});

/** Returns the content of values.schema.json. Throws if a refinement matches no value in values.yaml. */
export function valuesSchema(): Schema {
  const refinements = new Map(Object.entries(refined()));
  const schemaOf = (value: ChartValue): Schema => {
    const own = refinements.get(value.path);
    refinements.delete(value.path);
    const described = value.doc === undefined ? {} : { description: value.doc };
    if (own) return { ...own, ...described };
    if (value.children.length === 0) return { ...inferred(value), ...described };
    return closed(properties(value.children));
  };
  const properties = (values: readonly ChartValue[]) =>
    Object.fromEntries(values.map((value) => [value.path.split('.').at(-1) ?? '', schemaOf(value)]));

  const all = properties(chartValues());
  if (refinements.size > 0) throw new Error(`values.yaml: expected ${[...refinements.keys()].join(', ')}`);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of zeebe-topology-exporter',
    // Helm passes the `global` values of a parent chart to its subcharts.
    ...closed({ ...all, global: anyObject }),
  };
}

function inferred(value: ChartValue): Schema {
  if (Array.isArray(value.default)) return objects;
  switch (typeof value.default) {
    case 'string':
      return text;
    case 'boolean':
      return { type: 'boolean' };
    case 'number':
      return { type: 'integer', minimum: 0 };
    default:
      return anyObject;
  }
}
