import { createYielder } from '../clock.ts';
import { type ClusterDescription, describeCluster, filesOfClusters, loadCluster } from '../config/cluster-list.ts';
import type { ClusterConfig } from '../config/config.ts';
import { type ReadFileAsync, readFiles, readFrom } from '../config/file-reader.ts';
import type { ClusterMeta } from '../config/labels.ts';
import { ConfigError, lineOf, type Problem } from '../config/problem.ts';
import { placeIn, type Source } from '../config/resolve.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { ClusterList, DiscoveredCluster, Permission } from './provider.ts';

/** Milliseconds for one file. */
export const readTimeout = 10_000;

/** A list as it was read, and the digest of what it was read from. */
export interface KnownList {
  readonly digest: string;
  readonly list: ClusterList;
}

/** A list with problems is read again: a file that it names may have been repaired. */
export function isStillKnown(known: KnownList | undefined, digest: string): known is KnownList {
  return known?.digest === digest && known.list.problems.length === 0;
}

/** A cluster as its sources describe it, in ascending precedence. */
export interface DescribedCluster {
  readonly sources: readonly Source[];
  /** The source that has its name. */
  readonly named: Source;
  /** Where relative paths start. */
  readonly folder: string;
  /** What is known besides the settings; by default, what follows from them. */
  readonly meta?: ClusterMeta;
  readonly permission?: Permission;
}

type NamedDescription = ClusterDescription & Pick<DescribedCluster, 'named' | 'meta' | 'permission'>;

interface ReadClusters {
  readonly clusters: readonly DiscoveredCluster[];
  readonly problems: readonly string[];
}

/** Validates clusters and reads the files that they name. `problems` are those found before. */
export async function readClusters(
  described: readonly DescribedCluster[],
  problems: readonly Problem[],
  readFile: ReadFileAsync,
): Promise<ReadClusters> {
  const yieldWhenBusy = createYielder();
  const descriptions: NamedDescription[] = [];
  for (const { sources, named, folder, meta, permission } of described) {
    const description = describeCluster(sources, { folder, env: {}, fromFile: true });
    descriptions.push({ ...description, named, ...omitUndefined({ meta, permission }) });
    await yieldWhenBusy();
  }
  const read = readFrom(await readFiles(filesOfClusters(descriptions), readFile, readTimeout));
  const clusters: DiscoveredCluster[] = [];
  for (const description of descriptions) {
    const config: ClusterConfig | undefined = loadCluster(description, read)?.config;
    const { named, permission, meta = config?.meta } = description;
    const place = placeIn(named.location, 'name');
    if (config && meta) clusters.push({ config: { ...config, meta }, place, ...omitUndefined({ permission }) });
    await yieldWhenBusy();
  }
  return { clusters, problems: linesOf([...problems, ...descriptions.flatMap(problemsOf)]) };
}

/**
 * Returns the problems of a cluster. Those with settings that it shares with others, or that none of its sources has,
 * have places that do not say which cluster is concerned: these begin with the place of the cluster, such as `Service
 * orders/zeebe`, `cluster 0f4a` or `conf.d/orders.yml:3`.
 */
function problemsOf({ named: { location }, problems }: NamedDescription): readonly Problem[] {
  const [owner = ''] = placeIn(location, 'name').split(': ');
  const own = `${'file' in location ? location.file : owner}:`;
  return problems.map((problem) =>
    problem.place.startsWith(own) ? problem : { ...problem, place: `${owner}: ${problem.place}` },
  );
}

function linesOf(problems: readonly Problem[]): readonly string[] {
  return problems.length === 0 ? [] : new ConfigError(problems).problems.map(lineOf);
}
