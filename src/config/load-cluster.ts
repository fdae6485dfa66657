import { buildCluster } from './cluster.ts';
import type { ClusterConfig } from './config.ts';
import type { ReadFile } from './credential-files.ts';
import type { Environment } from './environment.ts';
import { type LoadedCluster, originOf } from './in-force.ts';
import { ConfigError, type Problem } from './problem.ts';
import { resolve, type Source } from './resolve.ts';
import { clusterTable } from './schema.ts';

/** What describes one cluster. */
export interface ClusterSources {
  readonly source: Source;
  /** What all clusters have in common; the last one wins. */
  readonly below: readonly Source[];
  /** Where relative paths start. */
  readonly folder: string;
  readonly env: Environment;
  /** Whether it stands in a configuration file. */
  readonly fromFile: boolean;
}

/** Whatever is wrong is reported: the answer is of use only where nothing was. */
export function loadCluster(
  sources: ClusterSources,
  readFile: ReadFile,
  problems: Problem[],
): LoadedCluster | undefined {
  const { source, below, folder, env, fromFile } = sources;
  const contents = new Map<string, Buffer>();
  const settings = resolve(clusterTable, source, below, problems);
  const built = buildCluster(settings, folder, (path) => {
    const content = readFile(path);
    contents.set(path, content);
    return content;
  });
  if (!built) return undefined;

  const rebuild = (read: ReadFile) => (holdsStill(contents, read) ? config : rebuilt(sources, read));
  const config: ClusterConfig = {
    ...built,
    ...(contents.size > 0 && { files: { paths: [...contents.keys()], rebuild } }),
  };
  return { config, origin: originOf(settings, config, env, fromFile) };
}

function holdsStill(contents: ReadonlyMap<string, Buffer>, read: ReadFile): boolean {
  try {
    return [...contents].every(([path, content]) => read(path).equals(content));
  } catch {
    return false;
  }
}

function rebuilt(sources: ClusterSources, read: ReadFile): ClusterConfig {
  const problems: Problem[] = [];
  const loaded = loadCluster(sources, read, problems);
  if (!loaded || problems.length > 0) throw new ConfigError(problems);
  return loaded.config;
}
