import { dirname } from 'node:path';
import { type Flags, flagSource } from '../cli.ts';
import { loadCluster } from './cluster-config.ts';
import type { Config } from './config.ts';
import { noFile, readConfigFile } from './config-file.ts';
import type { LoadedCluster } from './effective-settings.ts';
import {
  checkProxies,
  clusterVariables,
  type Environment,
  environmentCluster,
  environmentSource,
  unreadVariables,
} from './environment.ts';
import { type ReadFile, readFileNow } from './files.ts';
import { ConfigError, type Notice, type Problem } from './problem.ts';
import { resolve, type Source } from './resolve.ts';
import { showPlain } from './setting.ts';
import { clusterTable, polling, topTable } from './settings-table.ts';
import { readWebConfig } from './web-config.ts';

interface Inputs {
  readonly flags: Flags;
  readonly env: Environment;
  /** Whether the log goes to a terminal, where it is pretty by default. */
  readonly isTerminal: boolean;
  readonly readFile?: ReadFile;
}

interface LoadedConfig {
  readonly config: Config;
  /** Those of `config`, with what their settings were and where they stood. */
  readonly clusters: readonly LoadedCluster[];
  readonly notices: readonly Notice[];
}

/**
 * Flags win over the environment, it wins over the file, the file over the defaults.
 * Throws a `ConfigError` with everything that is wrong.
 */
export function loadConfig({ flags, env, isTerminal, readFile = readFileNow }: Inputs): LoadedConfig {
  const problems: Problem[] = [];
  const notices: Notice[] = [];

  const path = String(flags['config.file'] ?? '');
  const file = path === '' ? noFile : readConfigFile(path, readFile, problems);
  const common = [file.top, environmentSource(topTable, env, problems)];
  const settings = resolve(topTable, flagSource(flags), common, problems);

  const variables = clusterVariables(env);
  if (file.clusters !== undefined && variables.length > 0) {
    notices.push({ message: 'the configuration file has clusters, so that of the environment is not used', variables });
  }
  if (path !== '' && file.clusters === undefined && variables.length === 0) {
    const expected = `clusters, or a cluster that variables describe (${clusterTable.address.variables?.[0]} and others)`;
    problems.push({ place: `${path}: clusters`, expected, found: 'neither' });
  }
  const sources = file.clusters ?? [environmentCluster(env, problems, notices)];
  reportSharedNames(sources, problems);
  if (sources.some((source) => !source.has('proxy_url'))) {
    checkProxies(env, problems);
  }
  const fromFile = file.clusters !== undefined;
  const unread = unreadVariables(env, fromFile ? polling : clusterTable);
  notices.push(...unread);
  const described = { below: common.map(pollingOnly), folder: fromFile ? dirname(path) : '.', env, fromFile };
  const clusters = sources.flatMap((source) => loadCluster({ source, ...described }, readFile, problems) ?? []);

  const configFile = settings.value('web.config.file');
  if (configFile !== undefined) {
    readWebConfig(configFile, readFile, problems);
  }

  if (problems.length > 0) {
    throw new ConfigError(problems, unread);
  }
  const allowedHosts = settings.value('web.allowed_hosts');
  const config: Config = {
    clusters: clusters.map((cluster) => cluster.config),
    web: {
      listenAddresses: settings.value('web.listen_addresses'),
      telemetryPath: settings.value('web.telemetry_path'),
      ...(allowedHosts !== undefined && { allowedHosts }),
      ...(configFile !== undefined && { configFile }),
    },
    log: {
      level: settings.value('log.level'),
      format: settings.value('log.format') ?? (isTerminal ? 'pretty' : 'json'),
    },
  };
  return { config, clusters, notices };
}

/** What every cluster has in common, unless it says otherwise. */
function pollingOnly(source: Source): Source {
  const given = new Map([...source.given].filter(([key]) => key in polling));
  return { ...source, given, has: (path) => path in polling && source.has(path) };
}

function reportSharedNames(clusters: readonly Source[], problems: Problem[]): void {
  const first = new Map<unknown, Source>();
  for (const cluster of clusters) {
    const name = cluster.given.get('name');
    const other = first.get(name);
    if (name !== undefined && other !== undefined) {
      const found = `${showPlain(name)}, as at ${other.place('name')}`;
      problems.push({ place: cluster.place('name'), expected: 'a name that no other cluster has', found });
    }
    first.set(name, other ?? cluster);
  }
}
