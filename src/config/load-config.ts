import { dirname } from 'node:path';
import { omitUndefined } from '../omit-undefined.ts';
import { clusterDefaults } from './cluster-defaults.ts';
import {
  type ClusterDescription,
  defaultsOnly,
  describeCluster,
  filesOfClusters,
  loadCluster,
  reportSharedNames,
} from './cluster-list.ts';
import type { Config } from './config.ts';
import { noFile, readConfigFile } from './config-file.ts';
import { type DiscoveryDescription, describeDiscovery, filesOfDiscovery, loadDiscovery } from './discovery-config.ts';
import type { LoadedCluster } from './effective-settings.ts';
import {
  checkProxies,
  clusterVariables,
  type Environment,
  environmentCluster,
  environmentSource,
  unreadVariables,
} from './environment.ts';
import { createFileReader, type ReadFile, type ReadFileAsync, readFiles, readFrom } from './file-reader.ts';
import { ConfigError, type Notice, type Problem } from './problem.ts';
import { leaderElectionOf, shardOf } from './replica-config.ts';
import type { Shard } from './replica-settings.ts';
import { isPresent, namedSource, resolve, type Settings, type Source, settingsOf } from './resolve.ts';
import type { Raw, Table } from './setting.ts';
import { clusterTable, topTable } from './settings-table.ts';
import { describeWebConfig, loadWebConfig, type WebConfigDescription } from './web-config.ts';

/** The values of the flags, by the keys of the settings. */
export type Flags = { readonly [K in keyof typeof topTable]?: Raw };

interface Inputs {
  readonly flags: Flags;
  readonly env: Environment;
  /** Whether the log goes to a terminal, where it is pretty by default. */
  readonly isTerminal: boolean;
}

export interface LoadedConfig {
  readonly config: Config;
  /** The clusters of `config`, with the origin of their settings. */
  readonly clusters: readonly LoadedCluster[];
  readonly notices: readonly Notice[];
}

/** Milliseconds for one file. */
const readTimeout = 10_000;
/** Separate from the reader of the polls: a file system that does not respond to one does not block the other. */
const readConfigInTurn = createFileReader(readTimeout);

/**
 * Loads the configuration from its files. Precedence: flags, environment, file, defaults. Rejects with a `ConfigError`
 * that lists all problems.
 */
export async function loadConfigFromFiles({
  readFile = readConfigInTurn,
  ...inputs
}: Inputs & { readonly readFile?: ReadFileAsync }): Promise<LoadedConfig> {
  const webConfigFile = String(inputs.flags['web.config.file'] ?? '');
  const first = [configFileOf(inputs), webConfigFile].filter((path) => path !== '');
  const contents = await readFiles(first, readFile, readTimeout);
  const description = describeConfig(inputs, readFrom(contents));
  const named = await readFiles(pathsOf(description), readFile, readTimeout);
  return buildConfig(description, readFrom(new Map([...contents, ...named])));
}

/** Loads the configuration from files in memory. Throws a `ConfigError` that lists all problems. */
export function loadConfig({ readFile, ...inputs }: Inputs & { readonly readFile: ReadFile }): LoadedConfig {
  return buildConfig(describeConfig(inputs, readFile), readFile);
}

/** The configuration before the files that its settings name are read. */
interface ConfigDescription {
  readonly settings: Settings<typeof topTable>;
  readonly shard: Shard | undefined;
  readonly clusters: readonly ClusterDescription[];
  readonly discovery: DiscoveryDescription | undefined;
  readonly webConfig: WebConfigDescription | undefined;
  readonly isTerminal: boolean;
  readonly notices: readonly Notice[];
  readonly unread: readonly Notice[];
  readonly problems: readonly Problem[];
}

function describeConfig({ flags, env, isTerminal }: Inputs, readFile: ReadFile): ConfigDescription {
  const problems: Problem[] = [];
  const notices: Notice[] = [];
  const path = configFileOf({ flags, env });
  const file = path === '' ? noFile : readConfigFile(path, readFile, problems);
  const common = [file.top, environmentSource(topTable, env, problems)];
  const settings = settingsOf(topTable, resolve(topTable, [...common, flagSource(flags)], problems), problems);
  const inFile = file.clusters ?? (file.discovery && []);
  const fromFile = inFile !== undefined;
  const key = file.clusters ? 'clusters' : 'discovery';
  noteVariables({ path, env, keyInFile: fromFile ? key : undefined }, problems, notices);
  const sources = inFile ?? [environmentCluster(env, problems, notices)];
  reportSharedNames(sources, problems);
  checkMaxClusters(settings, sources.length);
  if (file.discovery || sources.some(({ location }) => !isPresent(location, 'proxy_url'))) checkProxies(env, problems);
  const unread = unreadVariables(env, fromFile ? clusterDefaults : clusterTable);
  const [below, folder] = [common.map(defaultsOnly), fromFile ? dirname(path) : '.'];
  const webConfigFile = settings.value('web.config.file');
  return {
    settings,
    shard: shardOf(settings),
    clusters: sources.map((source) => describeCluster([...below, source], { folder, env, fromFile })),
    discovery: file.discovery && describeDiscovery(file.discovery, { defaults: below, folder, env }, problems),
    webConfig: webConfigFile === undefined ? undefined : describeWebConfig(webConfigFile, readFile),
    isTerminal,
    notices: [...notices, ...unread],
    unread,
    problems,
  };
}

function checkMaxClusters(settings: ConfigDescription['settings'], count: number): void {
  const max = settings.value('max_clusters') ?? count;
  if (count > max) settings.report('max_clusters', `at least ${count}, the number of clusters`, `${max}`);
}

/** Returns the path of the configuration file; empty if there is none. */
function configFileOf({ flags, env }: Pick<Inputs, 'flags' | 'env'>): string {
  const [variable = ''] = topTable['config.file'].variables ?? [];
  return String(flags['config.file'] ?? env[variable] ?? '');
}

function flagSource(flags: Flags): Source {
  const table: Table = topTable;
  const names = Object.entries(table).flatMap(([key, { flag }]) =>
    flag ? [[key, flag.replace(/=.*/, '')] as const] : [],
  );
  return namedSource(new Map(Object.entries(flags)), new Map(names));
}

interface ClusterVariables {
  readonly path: string;
  readonly env: Environment;
  /** The key in the file that describes clusters, if any. */
  readonly keyInFile: 'clusters' | 'discovery' | undefined;
}

/** Checks that the file or the environment describes clusters, and notes variables that are not used. */
function noteVariables({ path, env, keyInFile }: ClusterVariables, problems: Problem[], notices: Notice[]): void {
  const variables = clusterVariables(env);
  if (keyInFile && variables.length > 0) {
    const message = `the configuration file has ${keyInFile}, so that of the environment is not used`;
    notices.push({ message, variables });
  }
  if (path !== '' && !keyInFile && variables.length === 0) {
    const expected = `clusters, or a cluster that variables describe (${clusterTable.address.variables?.[0]} and others)`;
    problems.push({ place: `${path}: clusters`, expected, found: 'neither' });
  }
}

function pathsOf({ clusters, discovery, webConfig }: ConfigDescription): readonly string[] {
  return [...filesOfClusters(clusters), ...filesOfDiscovery(discovery), ...(webConfig?.paths ?? [])];
}

function buildConfig(description: ConfigDescription, readFile: ReadFile): LoadedConfig {
  const { settings, shard, isTerminal, notices, unread } = description;
  const clusters = description.clusters.flatMap((cluster) => loadCluster(cluster, readFile) ?? []);
  const discovery = description.discovery && loadDiscovery(description.discovery, readFile);
  const webConfig = description.webConfig && loadWebConfig(description.webConfig, readFile);
  const parts = [...description.clusters, description.discovery?.saas?.api, description.webConfig];
  const ofParts = parts.flatMap((part) => part?.problems ?? []);
  const problems = [...description.problems, ...ofParts];
  if (problems.length > 0) throw new ConfigError(problems, unread);
  const config: Config = {
    clusters: clusters.map((cluster) => cluster.config),
    web: {
      listenAddresses: settings.value('web.listen_addresses'),
      telemetryPath: settings.value('web.telemetry_path'),
      ...omitUndefined({
        externalUrl: settings.value('web.external_url'),
        allowedHosts: settings.value('web.allowed_hosts'),
        externalLinks: settings.value('web.external_links'),
        configFile: settings.value('web.config.file'),
      }),
    },
    log: {
      level: settings.value('log.level'),
      format: settings.value('log.format') ?? (isTerminal ? 'pretty' : 'json'),
    },
    ...omitUndefined({
      maxClusters: settings.value('max_clusters'),
      maxSeriesTotal: settings.value('max_series_total'),
      shard,
      leaderElection: leaderElectionOf(settings, shard),
      discovery,
      webConfig,
    }),
  };
  return { config, clusters, notices };
}
