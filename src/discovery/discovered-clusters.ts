import type { ClusterConfig, DiscoveryProvider } from '../config/config.ts';
import { lineOf } from '../config/problem.ts';
import type { Discovered, DiscoveredCluster } from './provider.ts';

/** What is known of a provider: what it found last, and the clusters that were in use before. */
export interface ProviderState {
  readonly latest: Discovered;
  readonly inUse: ListsInUse;
}

/** By the source of each list: its last clusters without problems. */
type ListsInUse = ReadonlyMap<string, readonly DiscoveredCluster[]>;

export const nothingInUse: ListsInUse = new Map();

/** The clusters of a provider that are polled. */
export interface ProviderClusters {
  readonly clusters: readonly ClusterConfig[];
  readonly inUse: ListsInUse;
  readonly problems: readonly string[];
}

/**
 * Chooses the clusters of each provider. Names are unique: where a list has a name that is taken by the configuration or
 * by a list before it, the list has a problem, and its previous clusters stay.
 */
export function chooseClusters(
  configured: readonly ClusterConfig[],
  states: readonly (readonly [DiscoveryProvider, ProviderState])[],
): ReadonlyMap<DiscoveryProvider, ProviderClusters> {
  /** By name: the place of the cluster that has it. */
  const taken = new Map(configured.map(({ name }) => [name, 'clusters of the configuration file']));
  return new Map(states.map(([provider, state]) => [provider, clustersOf(state, taken)]));
}

function clustersOf({ latest, inUse }: ProviderState, taken: Map<string, string>): ProviderClusters {
  const problems: string[] = latest.ok ? [] : [...latest.problems];
  const clusters: ClusterConfig[] = [];
  const nextInUse = new Map<string, readonly DiscoveredCluster[]>();
  const add = (source: string, list: readonly DiscoveredCluster[]) => {
    nextInUse.set(source, list);
    for (const { config, place } of list.filter(({ config: { name } }) => !taken.has(name))) {
      taken.set(config.name, place);
      clusters.push(config);
    }
  };
  if (!latest.ok) for (const [source, list] of inUse) add(source, list);
  for (const { source, clusters: found, problems: ofList } of latest.ok ? latest.lists : []) {
    const all = ofList.length > 0 ? ofList : sharedNames(found, taken);
    problems.push(...all);
    if (all.length === 0) add(source, found);
    else if (inUse.has(source)) add(source, inUse.get(source) ?? []);
  }
  return { clusters, inUse: nextInUse, problems };
}

function sharedNames(clusters: readonly DiscoveredCluster[], taken: ReadonlyMap<string, string>): readonly string[] {
  return clusters.flatMap(({ config: { name }, place }) => {
    const other = taken.get(name);
    const found = `${JSON.stringify(name)}, as at ${other}`;
    return other === undefined ? [] : [lineOf({ place, expected: 'a name that no other cluster has', found })];
  });
}
