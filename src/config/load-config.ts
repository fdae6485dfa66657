import { dirname } from 'node:path';
import { omitUndefined } from '../omit-undefined.ts';
import { buildCluster } from './cluster-config.ts';
import type { Config } from './config.ts';
import { noFile, readConfigFile } from './config-file.ts';
import { type ClusterOriginInputs, type LoadedCluster, originOf, settingNamesOf } from './effective-settings.ts';
import {
  checkProxies,
  clusterVariables,
  type Environment,
  environmentCluster,
  environmentSource,
  unreadVariables,
} from './environment.ts';
import { createFileReader, type ReadFile, type ReadFileAsync, readFiles, readFrom } from './file-reader.ts';
import { saasRegion } from './labels.ts';
import { polling } from './polling-settings.ts';
import { ConfigError, type Notice, type Problem } from './problem.ts';
import {
  isPresent,
  namedSource,
  placeIn,
  reduced,
  resolve,
  type Settings,
  type Source,
  settingsOf,
} from './resolve.ts';
import { type Raw, showPlain, type Table } from './setting.ts';
import { namedFiles } from './setting-files.ts';
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
  readonly clusters: readonly ClusterDescription[];
  readonly webConfig: WebConfigDescription | undefined;
  readonly isTerminal: boolean;
  readonly notices: readonly Notice[];
  readonly unread: readonly Notice[];
  readonly problems: readonly Problem[];
}

interface ClusterDescription extends ClusterOriginInputs {
  readonly folder: string;
  /** `buildCluster` adds its problems. */
  readonly problems: readonly Problem[];
}

function describeConfig({ flags, env, isTerminal }: Inputs, readFile: ReadFile): ConfigDescription {
  const problems: Problem[] = [];
  const notices: Notice[] = [];
  const path = configFileOf({ flags, env });
  const file = path === '' ? noFile : readConfigFile(path, readFile, problems);
  const common = [file.top, environmentSource(topTable, env, problems)];
  const settings = settingsOf(topTable, resolve(topTable, [...common, flagSource(flags)], problems), problems);
  const fromFile = file.clusters !== undefined;
  noteVariables({ path, env, fromFile }, problems, notices);
  const sources = file.clusters ?? [environmentCluster(env, problems, notices)];
  reportSharedNames(sources, problems);
  if (sources.some(({ location }) => !isPresent(location, 'proxy_url'))) checkProxies(env, problems);
  const unread = unreadVariables(env, fromFile ? polling : clusterTable);
  const [below, folder] = [common.map(pollingOnly), fromFile ? dirname(path) : '.'];
  const webConfigFile = settings.value('web.config.file');
  return {
    settings,
    clusters: sources.map((source) => describeCluster([...below, source], { folder, env, fromFile })),
    webConfig: webConfigFile === undefined ? undefined : describeWebConfig(webConfigFile, readFile),
    isTerminal,
    notices: [...notices, ...unread],
    unread,
    problems,
  };
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
  readonly fromFile: boolean;
}

/** Checks that there is a cluster, in the file or in the environment, and notes variables that are not used. */
function noteVariables({ path, env, fromFile }: ClusterVariables, problems: Problem[], notices: Notice[]): void {
  const variables = clusterVariables(env);
  if (fromFile && variables.length > 0) {
    notices.push({ message: 'the configuration file has clusters, so that of the environment is not used', variables });
  }
  if (path !== '' && !fromFile && variables.length === 0) {
    const expected = `clusters, or a cluster that variables describe (${clusterTable.address.variables?.[0]} and others)`;
    problems.push({ place: `${path}: clusters`, expected, found: 'neither' });
  }
}

/** Reduces a source to the settings that all clusters have in common. */
function pollingOnly({ given, location }: Source): Source {
  const isPolling = (path: string) => path in polling;
  return { given: new Map([...given].filter(([key]) => isPolling(key))), location: reduced(location, isPolling) };
}

function reportSharedNames(clusters: readonly Source[], problems: Problem[]): void {
  const first = new Map<unknown, Source>();
  for (const cluster of clusters) {
    const name = cluster.given.get('name');
    const other = first.get(name);
    if (name !== undefined && other !== undefined) {
      const found = `${showPlain(name)}, as at ${placeIn(other.location, 'name')}`;
      problems.push({ place: placeIn(cluster.location, 'name'), expected: 'a name that no other cluster has', found });
    }
    first.set(name, other ?? cluster);
  }
}

function describeCluster(
  sources: readonly Source[],
  more: Pick<ClusterDescription, 'folder' | 'env' | 'fromFile'>,
): ClusterDescription {
  const problems: Problem[] = [];
  const settings = settingsOf(clusterTable, resolve(clusterTable, sources, problems), problems);
  return { ...more, settings, given: new Map(sources.flatMap(({ given }) => [...given])), problems };
}

function pathsOf({ clusters, webConfig }: ConfigDescription): readonly string[] {
  const ofClusters = clusters.flatMap(({ settings, folder }) => namedFiles(settings.resolved, folder));
  return [...ofClusters, ...(webConfig?.paths ?? [])];
}

function buildConfig(description: ConfigDescription, readFile: ReadFile): LoadedConfig {
  const { settings, isTerminal, notices, unread } = description;
  const clusters = description.clusters.flatMap((cluster) => loadCluster(cluster, readFile) ?? []);
  const webConfig = description.webConfig && loadWebConfig(description.webConfig, readFile);
  const ofParts = [...description.clusters, description.webConfig].flatMap((part) => part?.problems ?? []);
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
    ...omitUndefined({ webConfig }),
  };
  return { config, clusters, notices };
}

function loadCluster(cluster: ClusterDescription, readFile: ReadFile): LoadedCluster | undefined {
  const built = buildCluster(cluster.settings, cluster.folder, readFile);
  if (!built) return undefined;
  const meta = {
    provider: cluster.fromFile ? 'file' : 'environment',
    ...omitUndefined({ region: saasRegion(built.address) }),
  } as const;
  const config = { ...built, meta, settingNames: settingNamesOf(cluster.settings, cluster.fromFile) };
  return { config, origin: originOf(cluster, config) };
}
