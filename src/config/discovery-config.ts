import { omitUndefined } from '../omit-undefined.ts';
import { type ClusterDescription, describeCluster, filesOfClusters, loadCluster } from './cluster-list.ts';
import { type DiscoveryConfig, discoveryProviders, type SaasDiscovery } from './config.ts';
import { isMapping, readMapping, readMappingValue } from './config-file.ts';
import {
  discoveredClusterTable,
  exampleFacts,
  filesDiscoveryTable,
  isOfApi,
  saasDiscoveryTable,
  saasMappingTable,
} from './discovery-settings.ts';
import type { Environment } from './environment.ts';
import type { ReadFile } from './file-reader.ts';
import { describeKubernetes } from './kubernetes-discovery-config.ts';
import type { Problem } from './problem.ts';
import type { FilesDiscovery, KubernetesDiscovery } from './provider-config.ts';
import { isPresent, namedSource, only, placeIn, resolve, type Settings, type Source, settingsOf } from './resolve.ts';
import { filled } from './templates.ts';
import type { Yaml } from './yaml.ts';

/** The settings of discovery before the files that they name are read. */
export interface DiscoveryDescription {
  readonly files?: FilesDiscovery;
  readonly saas?: SaasDescription;
  readonly kubernetes?: KubernetesDiscovery;
  /** Those of the whole configuration; `loadDiscovery` adds its own ones. */
  readonly problems: Problem[];
}

interface SaasDescription extends Omit<SaasDiscovery, 'api'> {
  readonly api: ClusterDescription;
  /** A cluster with the settings that all clusters have. Absent if a cluster may have further settings. */
  readonly example?: ClusterDescription;
}

/** What the providers have in common. */
interface Context {
  readonly defaults: readonly Source[];
  readonly folder: string;
  readonly env: Environment;
}

/** Reads the value of `discovery` in a file, and reports all problems. */
export function describeDiscovery(
  { yaml, value }: { readonly yaml: Yaml; readonly value: unknown },
  context: Context,
  problems: Problem[],
): DiscoveryDescription {
  const root = ['discovery'];
  const own = { yaml, root, table: {}, alsoKnown: discoveryProviders, problems };
  if (!isMapping(value)) {
    readMappingValue(value, own);
    return { problems };
  }
  const { files, saas, kubernetes, ...others } = value;
  readMapping(others, own);
  if (discoveryProviders.every((name) => value[name] === undefined)) {
    const expected = `at least one of ${discoveryProviders.join(', ')}`;
    problems.push({ place: yaml.place(root), expected, found: 'none of them' });
  }
  return {
    problems,
    ...omitUndefined({
      files: files === undefined ? undefined : describeFiles(files, yaml, context, problems),
      saas: saas === undefined ? undefined : describeSaas(saas, yaml, context, problems),
      kubernetes: kubernetes === undefined ? undefined : describeKubernetes(kubernetes, yaml, context, problems),
    }),
  };
}

function describeFiles(
  value: unknown,
  yaml: Yaml,
  { defaults, folder }: Context,
  problems: Problem[],
): FilesDiscovery | undefined {
  const reading = { yaml, root: ['discovery', 'files'], table: filesDiscoveryTable, alsoKnown: [], problems };
  const source = readMappingValue(value, reading);
  if (!source) return undefined;
  const settings = settingsOf(filesDiscoveryTable, resolve(filesDiscoveryTable, [source], problems), problems);
  return { paths: settings.required('paths') ?? [], interval: settings.value('refresh_interval'), folder, defaults };
}

function describeSaas(value: unknown, yaml: Yaml, context: Context, problems: Problem[]): SaasDescription | undefined {
  const root = ['discovery', 'saas'];
  const reading = { yaml, root, table: saasMappingTable, alsoKnown: ['cluster'], problems };
  const { cluster: clusterValue, ...others } = isMapping(value) ? value : {};
  const source = readMappingValue(isMapping(value) ? others : value, reading);
  if (!source) return undefined;
  const own = only(source, (key) => key in saasDiscoveryTable);
  const settings = settingsOf(saasDiscoveryTable, resolve(saasDiscoveryTable, [own], problems), problems);
  const clusterReading = { yaml, root: [...root, 'cluster'], table: discoveredClusterTable, alsoKnown: [], problems };
  const cluster = clusterValue === undefined ? undefined : readMappingValue(clusterValue, clusterReading);
  const example = cluster && describeExample(cluster, settings, context, problems);
  const { folder, defaults } = context;
  return {
    api: describeApi(source, context, problems),
    interval: settings.value('refresh_interval'),
    folder,
    defaults,
    filter: omitUndefined({
      names: settings.value('filter.names'),
      regions: settings.value('filter.regions'),
      plans: settings.value('filter.plans'),
      channels: settings.value('filter.channels'),
    }),
    clusterName: settings.value('cluster_name'),
    clusterAddress: settings.value('cluster_address'),
    labels: settings.value('labels'),
    ...omitUndefined({ clusterFile: settings.value('cluster_file'), cluster, example }),
  };
}

/**
 * Describes a cluster with the settings that all clusters have, so that an error does not wait for the first cluster.
 * If each cluster has a file, what is missing may be there: then this only validates the values, and returns undefined.
 */
function describeExample(
  cluster: Source,
  settings: Settings<typeof saasDiscoveryTable>,
  { defaults, folder }: Context,
  problems: Problem[],
): ClusterDescription | undefined {
  if (settings.has('cluster_file')) {
    resolve(discoveredClusterTable, [cluster], problems);
    return undefined;
  }
  const constants = new Map([
    ['name', 'example'],
    ['address', filled(settings.value('cluster_address'), exampleFacts)],
  ]);
  const sources = [...defaults, namedSource(constants, new Map()), cluster];
  return describeCluster(sources, { folder, env: {}, fromFile: true });
}

/** The Administration API as a cluster: a request to it needs the same settings, and the same checks. */
function describeApi(source: Source, { folder, env }: Context, problems: Problem[]): ClusterDescription {
  if (!isPresent(source.location, 'oauth2')) {
    const expected = 'client_id and client_secret of a client of the Administration API';
    problems.push({ place: placeIn(source.location, 'oauth2'), expected, found: 'nothing' });
  }
  const constants = new Map([
    ['name', 'saas'],
    ['address', saasDiscoveryTable.address.default as string],
    ['oauth2.audience', 'api.cloud.camunda.io'],
  ]);
  const sources = [namedSource(constants, new Map()), only(source, (key) => key === 'address' || isOfApi(key))];
  return describeCluster(sources, { folder, env, fromFile: true });
}

/** Returns the absolute paths of the files that the settings name. */
export function filesOfDiscovery(discovery: DiscoveryDescription | undefined): readonly string[] {
  if (!discovery?.saas) return [];
  const { api, example } = discovery.saas;
  return filesOfClusters(example ? [api, example] : [api]);
}

/** Returns undefined if something is wrong, which is reported. */
export function loadDiscovery(
  { saas, problems, ...others }: DiscoveryDescription,
  readFile: ReadFile,
): DiscoveryConfig | undefined {
  if (!saas) return others;
  const { api: apiDescription, example, ...settings } = saas;
  if (example) {
    loadCluster(example, readFile);
    problems.push(...example.problems);
  }
  const api = loadCluster(apiDescription, readFile)?.config;
  return api && { ...others, saas: { ...settings, api: { ...api, settingNames: namesInFile(api.settingNames) } } };
}

function namesInFile<T extends Readonly<Record<string, string>>>(names: T): T {
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, `discovery.saas.${name}`])) as T;
}
