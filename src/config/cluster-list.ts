import { omitUndefined } from '../omit-undefined.ts';
import { withoutReplaced } from './alternatives.ts';
import { buildCluster } from './cluster-config.ts';
import { clusterDefaults } from './cluster-defaults.ts';
import { type ClusterOriginInputs, type LoadedCluster, originOf, settingNamesOf } from './effective-settings.ts';
import type { ReadFile } from './file-reader.ts';
import { saasRegion } from './labels.ts';
import type { Problem } from './problem.ts';
import { only, placeIn, resolve, type Source, settingsOf } from './resolve.ts';
import { showPlain } from './setting.ts';
import { namedFiles } from './setting-files.ts';
import { clusterTable } from './settings-table.ts';

/** A cluster before the files that its settings name are read. */
export interface ClusterDescription extends ClusterOriginInputs {
  readonly folder: string;
  /** `loadCluster` adds its problems. */
  readonly problems: readonly Problem[];
}

/** Merges the sources of a cluster, in ascending precedence. A setting also takes precedence over its alternatives. */
export function describeCluster(
  sources: readonly Source[],
  more: Pick<ClusterDescription, 'folder' | 'env' | 'fromFile'>,
): ClusterDescription {
  const problems: Problem[] = [];
  const used = withoutReplaced(sources);
  const settings = settingsOf(clusterTable, resolve(clusterTable, used, problems), problems);
  return { ...more, settings, given: new Map(used.flatMap(({ given }) => [...given])), problems };
}

/** Returns the absolute paths of the files that the settings of the clusters name. */
export function filesOfClusters(clusters: readonly ClusterDescription[]): readonly string[] {
  return clusters.flatMap(({ settings, folder }) => namedFiles(settings.resolved, folder));
}

/** Returns undefined if something is wrong, which is reported. */
export function loadCluster(cluster: ClusterDescription, readFile: ReadFile): LoadedCluster | undefined {
  const built = buildCluster(cluster.settings, cluster.folder, readFile);
  if (!built) return undefined;
  const meta = {
    provider: cluster.fromFile ? 'file' : 'environment',
    ...omitUndefined({ region: saasRegion(built.address) }),
  } as const;
  const config = { ...built, meta, settingNames: settingNamesOf(cluster.settings, cluster.fromFile) };
  return { config, origin: originOf(cluster, config) };
}

export function reportSharedNames(clusters: readonly Source[], problems: Problem[]): void {
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

/** Reduces a source to the settings that all clusters have in common. */
export function defaultsOnly(source: Source): Source {
  return only(source, (path) => path in clusterDefaults);
}
