import type { ClusterConfig } from '../config/config.ts';
import type { Shard } from '../config/replica-settings.ts';
import { sameItems } from '../zeebe/topology.ts';
import type { Clusters, Replacement } from './clusters.ts';
import { clustersOfShard, shardOfCluster } from './sharding.ts';
import { createTurns } from './turns.ts';

/**
 * All clusters that this exporter knows: those of the configuration, and behind them those that are discovered. It polls
 * those of its shard, and none while it stands by. Changes run one after the other; one that fails changes nothing.
 */
export interface Fleet extends Pick<Clusters, 'all' | 'named' | 'stop'> {
  /** Replaces the clusters of the configuration. `maxClusters` limits all clusters, without a limit by default. */
  readonly configure: (clusters: readonly ClusterConfig[], maxClusters?: number) => Promise<Replacement>;
  /** Replaces the discovered clusters. */
  readonly discover: (beside: Beside) => Promise<Replacement>;
  /** Polls the clusters from now on. */
  readonly lead: () => Promise<void>;
  /** Ends all polls and shows no cluster from now on: another exporter leads. */
  readonly standBy: () => Promise<void>;
  readonly standsBy: () => boolean;
  /** Of all clusters, also those that another exporter polls. */
  readonly knownNames: () => readonly string[];
  /** Returns why a known cluster is not polled here; undefined if it is unknown. */
  readonly absence: (name: string) => Absence | undefined;
}

/** Returns the discovered clusters, at most `room` of them. None has the name of a configured one. */
export type Beside = (configured: readonly ClusterConfig[], room: number) => readonly ClusterConfig[];

export type Absence =
  | { readonly kind: 'other_shard'; readonly shard: number; readonly own: Shard }
  | { readonly kind: 'standby' };

export interface Assignment {
  /** Absent: the clusters are not divided. */
  readonly shard?: Shard | undefined;
  /** Whether to stand by until `lead` is called. */
  readonly standsBy: boolean;
}

/** Where the known clusters come from. */
interface Sources {
  readonly configured: readonly ClusterConfig[];
  readonly maxClusters: number;
  readonly beside: Beside;
}

export function createFleet(clusters: Clusters, { shard, standsBy: initially }: Assignment): Fleet {
  const { all, named, stop } = clusters;
  let sources: Sources = { configured: [], maxClusters: Number.POSITIVE_INFINITY, beside: () => [] };
  let known: readonly ClusterConfig[] = [];
  let polled: readonly ClusterConfig[] = [];
  let standsBy = initially;
  const inTurn = createTurns();

  const know = async (next: readonly ClusterConfig[]): Promise<Replacement> => {
    const assigned = standsBy ? [] : clustersOfShard(next, shard);
    // Most refreshes find the same clusters: then the page and its compressed parts stay, too.
    const replacement = sameItems(polled, assigned) ? unchanged(polled) : await clusters.replace(assigned);
    known = next;
    polled = assigned;
    return replacement;
  };
  const change = (changes: Partial<Sources>) =>
    inTurn(async () => {
      const next = { ...sources, ...changes };
      const { configured, maxClusters, beside } = next;
      const replacement = await know([...configured, ...beside(configured, maxClusters - configured.length)]);
      sources = next;
      return replacement;
    });
  const assign = (toStandBy: boolean) =>
    inTurn(() => {
      standsBy = toStandBy;
      return know(known);
    });

  return {
    all,
    named,
    stop,
    configure: (configured, maxClusters = Number.POSITIVE_INFINITY) => change({ configured, maxClusters }),
    discover: (beside) => change({ beside }),
    lead: async () => {
      const { begin } = await assign(false);
      begin();
    },
    standBy: async () => {
      await assign(true);
    },
    standsBy: () => standsBy,
    knownNames: () => known.map(({ name }) => name),
    absence: (name) => (known.some((cluster) => cluster.name === name) ? absenceOf(name, standsBy, shard) : undefined),
  };
}

function absenceOf(name: string, standsBy: boolean, own: Shard | undefined): Absence | undefined {
  const shard = own && shardOfCluster(name, own.total);
  if (own && shard !== undefined && shard !== own.index) return { kind: 'other_shard', shard, own };
  return standsBy ? { kind: 'standby' } : undefined;
}

function unchanged(polled: readonly ClusterConfig[]): Replacement {
  return { unchanged: polled.map(({ name }) => name), changed: [], added: [], removed: [], begin: () => {} };
}
