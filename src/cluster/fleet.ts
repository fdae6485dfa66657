import type { ClusterConfig } from '../config/config.ts';
import type { Clusters, Replacement } from './clusters.ts';
import { createTurns } from './turns.ts';

/** Returns the discovered clusters, at most `room` of them. None has the name of a configured one. */
export type Beside = (configured: readonly ClusterConfig[], room: number) => readonly ClusterConfig[];

/** The clusters of the configuration, and behind them those that are discovered. Their changes run one after the other. */
export interface Fleet {
  /**
   * Replaces the clusters of the configuration, as `Clusters.replace` does. `maxClusters` is the limit of all clusters,
   * without one by default.
   */
  readonly configure: (clusters: readonly ClusterConfig[], maxClusters?: number) => Promise<Replacement>;
  /** Replaces the discovered clusters, as `Clusters.replace` does. */
  readonly discover: (beside: Beside) => Promise<Replacement>;
}

export function createFleet(replace: Clusters['replace']): Fleet {
  let configured: readonly ClusterConfig[] = [];
  let max = Number.POSITIVE_INFINITY;
  let beside: Beside = () => [];
  let current: readonly ClusterConfig[] = [];
  const inTurn = createTurns();
  /** Most refreshes find the same clusters: then the page and its compressed parts stay, too. */
  const replaceUnlessSame = async (next: readonly ClusterConfig[]): Promise<Replacement> => {
    const isSame = next.length === current.length && next.every((cluster, index) => cluster === current[index]);
    if (isSame)
      return { unchanged: next.map(({ name }) => name), changed: [], added: [], removed: [], begin: () => {} };
    const replacement = await replace(next);
    current = next;
    return replacement;
  };
  return {
    configure: (next, maxClusters = Number.POSITIVE_INFINITY) =>
      inTurn(async () => {
        const replacement = await replaceUnlessSame([...next, ...beside(next, maxClusters - next.length)]);
        configured = next;
        max = maxClusters;
        return replacement;
      }),
    discover: (next) =>
      inTurn(async () => {
        const replacement = await replaceUnlessSame([...configured, ...next(configured, max - configured.length)]);
        beside = next;
        return replacement;
      }),
  };
}

/**
 * Returns the clusters that must have been polled before the exporter is ready: those known after the first refresh of each
 * provider, not those that are found later. Undefined until then.
 */
export function createAwaited<T extends { readonly cluster: Pick<ClusterConfig, 'name'> }>(
  all: () => readonly T[],
  hasRefreshed: () => boolean,
): () => readonly T[] | undefined {
  let names: ReadonlySet<string> | undefined;
  return () => {
    if (!names && !hasRefreshed()) return undefined;
    const clusters = all();
    const known = names ?? new Set(clusters.map(({ cluster }) => cluster.name));
    names = known;
    return clusters.filter(({ cluster }) => known.has(cluster.name));
  };
}
