import type { ClusterConfig } from '../config/config.ts';
import { haveSameLabelsAndMeta, isSameCluster } from '../config/equal.ts';
import { type ClusterMonitor, type ClusterOutput, createClusterMonitor, type MonitorOptions } from './monitor.ts';

/** The monitored clusters, in the order of the configuration. */
export interface Clusters {
  readonly all: () => readonly ClusterMonitor[];
  readonly named: (name: string) => ClusterMonitor | undefined;
  /**
   * Keeps the monitors of unchanged clusters and of those with other labels or meta data alone, stops those of the
   * others, and creates the missing ones and publishes them. If one cannot be created, this rejects and nothing has
   * changed.
   */
  readonly replace: (next: readonly ClusterConfig[]) => Promise<Replacement>;
  readonly stop: () => Promise<void>;
}

/** Names of clusters, and how to start the polls of the new monitors. */
export interface Replacement {
  readonly unchanged: readonly string[];
  /** Also those with other labels or meta data alone, whose polls go on. */
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Spreads the first polls over `within` milliseconds, by default 15 s, and over one interval at most. */
  readonly begin: (within?: number) => void;
}

/**
 * Milliseconds. Many new clusters cause no load peak on what they have in common: at most the load of the default poll
 * interval. With a longer interval, none waits longer than that for its first poll.
 */
const maxSpread = 15_000;

export interface ClustersOptions extends MonitorOptions {
  readonly createOutput: (cluster: ClusterConfig) => ClusterOutput;
  /** Sets which clusters are shown, and in which order. */
  readonly arrange: (names: readonly string[]) => void;
}

type Monitors = ReadonlyMap<string, ClusterMonitor>;

export function createClusters(options: ClustersOptions): Clusters {
  const { arrange } = options;
  let monitors: Monitors = new Map();

  const replace: Clusters['replace'] = async (next) => {
    const before = monitors;
    const kept = unchangedOf(before, next);
    const created = await createMonitors(
      next.filter(({ name }) => !kept.has(name)),
      options,
    );
    await Promise.all([...before].map(([name, { stop }]) => (kept.has(name) ? undefined : stop())));
    const relabelled = await relabel(kept, next);
    try {
      await Promise.all([...created.values()].map(({ publish }) => publish()));
    } catch (error) {
      // Those that were stopped do not count as unchanged next time.
      monitors = kept;
      await stopAll(created);
      throw error;
    }
    const names = next.map(({ name }) => name);
    // Only now, as a probe must not poll a cluster of which another monitor still publishes, or this one for the first
    // time.
    monitors = new Map(names.flatMap((name) => [...entry(kept, name), ...entry(created, name)]));
    arrange(names);
    return {
      unchanged: [...kept.keys()].filter((name) => !relabelled.has(name)),
      changed: names.filter((name) => relabelled.has(name) || (created.has(name) && before.has(name))),
      added: [...created.keys()].filter((name) => !before.has(name)),
      removed: [...before.keys()].filter((name) => !monitors.has(name)),
      begin: (within = maxSpread) => startSpread([...created.values()], within),
    };
  };

  return {
    all: () => [...monitors.values()],
    named: (name) => monitors.get(name),
    replace,
    stop: () => stopAll(monitors),
  };
}

/** Creates all of the monitors, or none if one of them cannot be created. */
async function createMonitors(clusters: readonly ClusterConfig[], options: ClustersOptions): Promise<Monitors> {
  const created = new Map<string, ClusterMonitor>();
  try {
    for (const cluster of clusters) {
      created.set(cluster.name, createClusterMonitor(cluster, options.createOutput(cluster), options));
    }
    return created;
  } catch (error) {
    await stopAll(created);
    throw error;
  }
}

async function stopAll(monitors: Monitors): Promise<void> {
  await Promise.all([...monitors.values()].map(({ stop }) => stop()));
}

function startSpread(monitors: readonly ClusterMonitor[], within: number): void {
  for (const [index, { cluster, start }] of monitors.entries()) {
    start((index * Math.min(within, cluster.pollInterval)) / monitors.length);
  }
}

function unchangedOf(monitors: Monitors, next: readonly ClusterConfig[]): Monitors {
  return new Map(
    next.flatMap((cluster) =>
      entry(monitors, cluster.name).filter(([, monitor]) => isSameCluster(monitor.cluster, cluster)),
    ),
  );
}

/** Returns the names of the clusters that have other labels or meta data than before. */
async function relabel(kept: Monitors, next: readonly ClusterConfig[]): Promise<ReadonlySet<string>> {
  const relabelled = next.flatMap((cluster) =>
    entry(kept, cluster.name)
      .filter(([, monitor]) => !haveSameLabelsAndMeta(monitor.cluster, cluster))
      .map(([name, monitor]) => ({ name, published: monitor.relabel(cluster) })),
  );
  await Promise.all(relabelled.map(({ published }) => published));
  return new Set(relabelled.map(({ name }) => name));
}

function entry<T>(map: ReadonlyMap<string, T>, name: string): readonly (readonly [string, T])[] {
  const value = map.get(name);
  return value === undefined ? [] : [[name, value]];
}
