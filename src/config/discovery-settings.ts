import { clusterAddress } from './addresses.ts';
import type { saasFilters } from './config.ts';
import { discoveryInterval, singleLineText } from './formats.ts';
import { type StaticLabels, staticLabels } from './labels.ts';
import { list, map, type Setting, showPlain, type Table, text } from './setting.ts';
import { clusterTable } from './settings-table.ts';
import { filled, placeholders, template } from './templates.ts';

/** The facts of a cluster in Camunda SaaS that a template may contain, as `{id}`. */
export const saasFacts = ['id', 'name', 'region', 'plan', 'channel', 'generation'] as const;
export type SaasFacts = Readonly<Record<(typeof saasFacts)[number], string>>;

/** Clusters with the same name or address could not be distinguished. */
function distinct(raw: string, needed: string): string {
  if (!raw.includes(needed)) throw new Error(`a template with ${needed} in it`);
  return template(raw, saasFacts);
}

export const exampleFacts: SaasFacts = {
  id: 'id',
  name: 'name',
  region: 'region',
  plan: 'plan',
  channel: 'channel',
  generation: '8',
};

function addressTemplate(raw: string): string {
  clusterAddress(filled(distinct(raw, '{id}'), exampleFacts));
  return raw;
}

/** Returns templates by the name of the label. */
function labelTemplates(raw: readonly (readonly [name: string, template: string])[]): StaticLabels {
  for (const [name, value] of raw) template(value, saasFacts, `a value of the label ${name}`);
  return staticLabels(raw);
}

/** Patterns in which `*` stands for any characters. */
export function patterns(raw: readonly string[]): readonly string[] {
  if (raw.length === 0) throw new Error('at least one pattern');
  return raw.map(singleLineText);
}

/** `discovery.files` in the file. */
export const filesDiscoveryTable = {
  paths: list({
    doc: 'The files with clusters, as glob patterns such as conf.d/*.yml. Relative ones start in the folder of the configuration file. Each file is a list of clusters, with the settings of an entry of clusters.',
    format: patterns,
  }),
  refresh_interval: text({
    doc: 'The interval at which the files are read, from 1s to 24h. They are also read within a second of a change, if their file system reports it.',
    default: '30s',
    format: discoveryInterval,
  }),
} satisfies Table;

const filterDocs: Readonly<Record<(typeof saasFilters)[number], string>> = {
  names: 'names, as in the Camunda Console',
  regions: 'regions, by name (Belgium, Europe (europe-west1)) or as in the address (bru-2)',
  plans: 'plans (cluster types)',
  channels: 'channels, such as Stable',
};

function filterSetting(filter: (typeof saasFilters)[number]) {
  return list({
    doc: `Only clusters with one of these ${filterDocs[filter]}. * stands for any characters.`,
    format: patterns,
  });
}

/** Whether a setting of a cluster, or a group of them, is also one of the connection to the Administration API. */
export function isOfApi(path: string): boolean {
  return /^((oauth2|tls_config)(\.|$)|proxy_url$)/.test(path);
}

const apiSettings: Table = Object.fromEntries(
  Object.entries<Setting>(clusterTable).filter(([key, { file }]) => isOfApi(key) && file !== false),
);

/** `discovery.saas` in the file, without the settings of a connection. */
export const saasDiscoveryTable = {
  address: text({
    doc: 'The address of the Administration API.',
    default: 'https://api.cloud.camunda.io',
    format: clusterAddress,
  }),
  refresh_interval: text({
    doc: 'The interval at which the Administration API is asked, from 1s to 24h.',
    default: '1m',
    format: discoveryInterval,
  }),
  'filter.names': filterSetting('names'),
  'filter.regions': filterSetting('regions'),
  'filter.plans': filterSetting('plans'),
  'filter.channels': filterSetting('channels'),
  cluster_name: text({
    doc: `The template for the name of a cluster. Placeholders: ${placeholders(saasFacts)}. Names in Camunda SaaS may be equal: {name}-{id} never is.`,
    default: '{name}',
    format: (raw) => (raw.includes('{id}') ? template(raw, saasFacts) : distinct(raw, '{name}')),
  }),
  cluster_address: text({
    doc: 'The template for the address of a cluster, for example for AWS PrivateLink. The same placeholders.',
    default: 'https://{region}.zeebe.camunda.io/{id}',
    format: addressTemplate,
  }),
  labels: map({
    doc: 'Templates for labels of a cluster, such as region: "{region}". The same placeholders. A label whose value is then empty is left out. labels in cluster and in cluster_file are added, and take precedence.',
    default: [],
    format: labelTemplates,
    show: (raw) => showPlain(Object.fromEntries(raw)),
  }),
  cluster_file: text({
    doc: 'The template for a file with further settings of one cluster, such as its own oauth2: a YAML mapping. It overrides cluster. The placeholders are the same; the path must contain {id}.',
    format: (raw) => distinct(raw, '{id}'),
  }),
} satisfies Table;

/** All keys of `discovery.saas` but `cluster`. */
export const saasMappingTable: Table = { ...saasDiscoveryTable, ...apiSettings };

const { name: _name, address: _address, ...common } = clusterTable;
/** The settings of a discovered cluster that are not discovered. */
export const discoveredClusterTable: Table = common;
