import type { ClusterConfig, DiscoveryProvider } from '../config/config.ts';
import { lineOf } from '../config/problem.ts';
import { enumerate } from '../wording.ts';
import type { Discovered, DiscoveredCluster } from './provider.ts';

/** What is known of a provider: what it found last, and the clusters that were in use before. */
export interface ProviderState {
  readonly latest: Discovered;
  /** When that was: Unix time in milliseconds. */
  readonly at: number;
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

/** How many discovered clusters may be polled. */
export interface Capacity {
  readonly room: number;
  /**
   * Names of clusters that are in use now. They stay, and further ones get the room that is left in the order of names.
   */
  readonly polled: ReadonlySet<string>;
}

type Chosen = ReadonlyMap<DiscoveryProvider, ProviderClusters>;

/**
 * Chooses the clusters of each provider. Names are unique: where a list has a name that is taken by the configuration
 * or by a list before it, the list has a problem, and its previous clusters stay.
 */
export function chooseClusters(
  configured: readonly ClusterConfig[],
  states: readonly (readonly [DiscoveryProvider, ProviderState])[],
  capacity: Capacity,
): Chosen {
  /** By name: the place of the cluster that has it. */
  const taken = new Map(configured.map(({ name }) => [name, 'clusters of the configuration file']));
  return withinCapacity(new Map(states.map(([provider, state]) => [provider, clustersOf(state, taken)])), capacity);
}

function withinCapacity(found: Chosen, { room, polled }: Capacity): Chosen {
  const names = [...found.values()].flatMap(({ clusters }) => clusters.map(({ name }) => name)).sort();
  if (names.length <= room) return found;
  const [before, further] = [names.filter((name) => polled.has(name)), names.filter((name) => !polled.has(name))];
  const kept = new Set([...before, ...further].slice(0, room));
  return new Map([...found].map(([provider, own]) => [provider, reducedTo(kept, own, { room, found: names.length })]));
}

function reducedTo(
  kept: ReadonlySet<string>,
  { clusters, inUse, problems }: ProviderClusters,
  { room, found }: { readonly room: number; readonly found: number },
): ProviderClusters {
  const left = clusters.flatMap(({ name }) => (kept.has(name) ? [] : [name])).sort();
  const problem = lineOf({
    place: 'max_clusters',
    expected: `at most ${room} discovered clusters`,
    found: `${found}; not polled: ${enumerate(left)}`,
  });
  return {
    clusters: clusters.filter(({ name }) => kept.has(name)),
    inUse,
    problems: left.length === 0 ? problems : [...problems, problem],
  };
}

function clustersOf({ latest, inUse }: ProviderState, taken: Map<string, string>): ProviderClusters {
  const problems: string[] = latest.ok ? [] : [...latest.problems];
  const clusters: ClusterConfig[] = [];
  const nextInUse = new Map<string, readonly DiscoveredCluster[]>();
  const add = (source: string, list: readonly DiscoveredCluster[] = []) => {
    nextInUse.set(source, list);
    for (const { config, place } of list.filter(({ config: { name } }) => !taken.has(name))) {
      taken.set(config.name, place);
      clusters.push(config);
    }
  };
  const isAllowed = ({ permission }: DiscoveredCluster) => !permission || (latest.allows?.(permission) ?? true);
  const keep = (sources: Iterable<string>) => {
    for (const source of sources) add(source, inUse.get(source)?.filter(isAllowed));
  };
  if (!latest.ok) keep(inUse.keys());
  for (const { source, clusters: found, problems: ofList, hides } of latest.ok ? latest.lists : []) {
    const all = ofList.length > 0 ? ofList : sharedNames(found, taken);
    problems.push(...all);
    if (all.length === 0) add(source, found);
    else keep([source, ...(hides ? [...inUse.keys()].filter(hides) : [])]);
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
