import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { type ClusterConfig, equal } from '../config/config.ts';
import { ConfigError } from '../config/problem.ts';
import { type Shown, type Watched, watch } from './monitor.ts';

/** The clusters that are watched, in the order of the configuration. */
export interface Clusters {
  readonly all: () => readonly Watched[];
  readonly named: (name: string) => Watched | undefined;
  /**
   * Those that are the same go on as if nothing had happened; the others are stopped or made, and shown. Whole or not
   * at all: where one of them cannot be made, this rejects and nothing has changed.
   */
  readonly replace: (next: readonly ClusterConfig[]) => Promise<Replacement>;
  readonly stop: () => Promise<void>;
}

/** Names of clusters, and how to begin to poll the new and the changed ones. */
export interface Replacement {
  readonly unchanged: readonly string[];
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** The first polls are spread over `within` milliseconds, and over one interval at most. */
  readonly begin: (within: number) => void;
}

export function watchClusters(shown: Shown, logger: Logger, clock: Clock): Clusters {
  let watched: ReadonlyMap<string, Watched> = new Map();

  const replace: Clusters['replace'] = async (next) => {
    const kept = new Map(
      next.flatMap((cluster) => {
        const running = watched.get(cluster.name);
        return running && isUnchanged(running.cluster, cluster) ? [[cluster.name, running] as const] : [];
      }),
    );
    const made = new Map(
      next
        .filter(({ name }) => !kept.has(name))
        .map((cluster) => [cluster.name, watch(cluster, shown, logger, clock)] as const),
    );
    const before = watched;
    const names = next.map(({ name }) => name);
    watched = new Map(names.flatMap((name) => [...entry(kept, name), ...entry(made, name)]));
    await Promise.all([...before].map(([name, { stop }]) => (kept.has(name) ? undefined : stop())));
    await Promise.all([...made.values()].map(({ show }) => show()));
    shown.page.arrange(names);
    shown.status.arrange(names);
    return {
      unchanged: [...kept.keys()],
      changed: [...made.keys()].filter((name) => before.has(name)),
      added: [...made.keys()].filter((name) => !before.has(name)),
      removed: [...before.keys()].filter((name) => !watched.has(name)),
      begin: (within) => {
        for (const [index, { cluster, start }] of [...made.values()].entries()) {
          start((index * Math.min(within, cluster.pollInterval)) / made.size);
        }
      },
    };
  };

  return {
    all: () => [...watched.values()],
    named: (name) => watched.get(name),
    replace,
    stop: async () => {
      await Promise.all([...watched.values()].map(({ stop }) => stop()));
    },
  };
}

function entry<T>(map: ReadonlyMap<string, T>, name: string): readonly (readonly [string, T])[] {
  const value = map.get(name);
  return value === undefined ? [] : [[name, value]];
}

/** What differs only because a file has changed since the last poll is no other setting: the next poll reads it. */
function isUnchanged(running: ClusterConfig, next: ClusterConfig): boolean {
  return equal(running, next) || equal(withItsFilesNow(running), next);
}

function withItsFilesNow(cluster: ClusterConfig): ClusterConfig {
  try {
    return cluster.files?.rebuild((path) => readFileSync(path)) ?? cluster;
  } catch (error) {
    if (error instanceof ConfigError) return cluster;
    throw error;
  }
}
