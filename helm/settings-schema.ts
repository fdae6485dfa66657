import { clientAuthenticationMethods, signatureAlgorithms } from '../src/config/client-authentication-config.ts';
import { apiVersions, clientAuthTypes, logFormats, logLevels, physicalTenants } from '../src/config/config.ts';
import { discoveredClusterTable, filesDiscoveryTable, saasMappingTable } from '../src/config/discovery-settings.ts';
import { maxRequestsPerSecond, minRequestsPerSecond } from '../src/config/formats.ts';
import { profileMappingTable } from '../src/config/kubernetes-discovery-settings.ts';
import { reservedLabels, reservedPrefixes } from '../src/config/labels.ts';
import { minLimit } from '../src/config/limit-settings.ts';
import type { Setting, Shape, Table } from '../src/config/setting.ts';
import { clusterTable } from '../src/config/settings-table.ts';
import { cipherSuites, curves, tlsVersions } from '../src/config/tls-settings.ts';
import {
  closed,
  dataKey,
  duration,
  durationOrZero,
  emptyOrDuration,
  list,
  optional,
  type Schema,
  some,
  texts,
} from './json-schema.ts';

/** The allowed values of settings that are enumerations. The tables of settings do not export them. */
const words: Readonly<Record<string, readonly string[]>> = {
  api_version: apiVersions,
  physical_tenants: physicalTenants,
  'log.level': logLevels,
  'log.format': logFormats,
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

/** Settings whose URL must have a scheme. */
const urls: readonly string[] = ['web.external_url', 'address', 'oauth2.token_url', 'oauth2.issuer_url'];

/** Settings that are a number of requests in a second. The other numbers are limits. */
const rates: readonly string[] = ['oauth2.token_requests_per_second'];

const limit: Schema = { type: 'integer', minimum: minLimit };

const shapes: Readonly<Record<Shape, Schema>> = {
  text: some,
  boolean: { type: 'boolean' },
  number: limit,
  list: list(some),
  map: texts,
};

const secretOrConfigMap = { secret: some, configMap: some };

/** A path that is mounted in another way, or a reference to a key that the chart mounts. */
function reference(key: Schema, sources: Readonly<Record<string, Schema>>): Schema {
  return {
    ...closed({ ...sources, key }),
    type: ['string', 'object'],
    minLength: 1,
    required: ['key'],
    minProperties: 2,
    maxProperties: 2,
  };
}

function file(key: string): Schema {
  return reference(dataKey, /(ca|cert|certificate)_file$/.test(key) ? secretOrConfigMap : { secret: some });
}

/** Returns the schema of a setting, or undefined for that of its kind. */
type Override = (key: string) => Schema | undefined;

/** Labels of a cluster, without those that the exporter rejects. */
const labels: Schema = {
  ...texts,
  propertyNames: {
    pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$',
    not: { pattern: `^(${reservedPrefixes.join('|')}|(${[...reservedLabels].join('|')})$)` },
  },
};

/** Settings whose text has a form that the tables of settings do not export. */
const forms: Readonly<Record<string, Schema>> = {
  labels,
  poll_interval: durationOrZero,
  poll_timeout: duration,
  probe_min_interval: durationOrZero,
  refresh_interval: duration,
};

const ofTheChart: Override = (key) => (key.endsWith('_file') ? file(key) : forms[key]);

/** References of discovery: patterns of keys, and a key for each cluster. */
const ofDiscovery: Override = (key) => {
  if (key === 'paths') return list(reference({ type: 'string', pattern: '^[-._*?a-zA-Z0-9]+$' }, secretOrConfigMap));
  if (key !== 'cluster_file') return ofTheChart(key);
  return reference({ type: 'string', pattern: '^[-._{}a-zA-Z0-9]*\\{id\\}[-._{}a-zA-Z0-9]*$' }, secretOrConfigMap);
};

function setting(key: string, { shape }: Setting): Schema {
  if (urls.includes(key)) return { type: 'string', pattern: '^https?://[^/]' };
  if (rates.includes(key)) return { type: 'number', minimum: minRequestsPerSecond, maximum: maxRequestsPerSecond };
  const values = words[key];
  if (values === undefined) return shapes[shape];
  return shape === 'list' ? list({ enum: values }) : { enum: values };
}

/**
 * Returns the schema of the mapping for these settings. A key with a dot becomes a key of a nested mapping. By default,
 * settings that name a file accept a reference to a key that the chart mounts.
 */
export function mapping(table: Table, override = ofTheChart, prefix = ''): Schema {
  const properties: Record<string, Schema> = {};
  for (const key of Object.keys(table)) {
    if (!key.startsWith(prefix)) continue;
    const [name = '', ...inner] = key.slice(prefix.length).split('.');
    const found = table[key];
    if (inner.length > 0) properties[name] = mapping(table, override, `${prefix}${name}.`);
    else if (found) properties[name] = { ...(override(key) ?? setting(key, found)), description: found.doc };
  }
  return closed(properties);
}

/** Returns the settings that are keys of the configuration file. */
export const inFile = (table: Table): Table =>
  Object.fromEntries(Object.entries(table).filter(([, { file: isInFile }]) => isInFile !== false));

export const cluster = (): Schema => {
  // The name of a cluster is its key in `clusters`.
  const { name: _, ...table } = inFile(clusterTable);
  return { ...mapping(table), required: ['address'] };
};

export const filesDiscovery = (): Schema => mapping(filesDiscoveryTable, ofDiscovery);

export const saasDiscovery = (): Schema => {
  const { properties = {}, ...others } = mapping(saasMappingTable, ofDiscovery);
  const ofClusters = {
    ...mapping(inFile(discoveredClusterTable)),
    description: 'Settings of the discovered clusters.',
  };
  return { ...others, properties: { ...properties, cluster: ofClusters } };
};

/** The values of `discovery.kubernetes` whose defaults do not determine their schema. */
export const kubernetesDiscovery = (): Readonly<Record<string, Schema>> => ({
  // A namespace that is listed twice would get two roles with the same name.
  namespaces: {
    ...list({ type: 'string', pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' }),
    uniqueItems: true,
  },
  secretNames: list(some),
  refresh_interval: emptyOrDuration,
  profiles: {
    type: 'object',
    additionalProperties: { ...mapping(inFile(profileMappingTable)), required: ['namespaces'] },
  },
});

/** Top-level settings of the file, except those of `web` that the chart sets by flags. Omitted if empty or null. */
export const topOfTheFile: Readonly<Record<string, Schema>> = {
  poll_interval: { ...durationOrZero, minLength: 0 },
  poll_timeout: emptyOrDuration,
  probe_min_interval: { ...durationOrZero, minLength: 0 },
  max_series: { ...limit, type: ['integer', 'null'] },
  max_series_total: { ...limit, type: ['integer', 'null'] },
  max_clusters: { ...limit, type: ['integer', 'null'] },
  'log.level': optional(logLevels),
  'log.format': optional(logFormats),
  'web.external_url': { type: 'string', pattern: '^(https?://[^/]|$)' },
  'web.allowed_hosts': { type: ['array', 'null'], items: some },
  'web.external_links': { ...texts, type: ['object', 'null'] },
};
