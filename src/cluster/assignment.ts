import type { ClusterConfig } from '../config/config.ts';
import type { Shard } from '../config/replica-settings.ts';
import type { Clusters, Replacement } from './clusters.ts';
import { clustersOfShard, shardOfCluster } from './sharding.ts';
import { createTurns } from './turns.ts';

/** The clusters that this exporter polls, of all that it knows. `replace` takes all of them. */
export interface AssignedClusters extends Clusters {
  /** Polls the clusters of the shard from now on. */
  readonly lead: () => Promise<void>;
  /** Ends all polls and shows no cluster from now on: another exporter leads. */
  readonly standBy: () => Promise<void>;
  readonly standsBy: () => boolean;
  /** Returns why a known cluster is not polled here; undefined if it is unknown. */
  readonly absence: (name: string) => Absence | undefined;
}

export type Absence =
  | { readonly kind: 'other_shard'; readonly shard: number; readonly own: Shard }
  | { readonly kind: 'standby' };

export interface Assignment {
  /** Absent: the clusters are not divided. */
  readonly shard?: Shard | undefined;
  /** Whether to stand by until `lead` is called. */
  readonly standsBy: boolean;
}

/** Restricts the clusters to those that are assigned to this exporter. Changes run one after the other. */
export function assignClusters(clusters: Clusters, { shard, standsBy: initially }: Assignment): AssignedClusters {
  let known: readonly ClusterConfig[] = [];
  let standsBy = initially;
  const inTurn = createTurns();
  const apply = (all: readonly ClusterConfig[]): Promise<Replacement> =>
    clusters.replace(standsBy ? [] : clustersOfShard(all, shard));

  return {
    ...clusters,
    replace: (next) =>
      inTurn(async () => {
        const replacement = await apply(next);
        known = next;
        return replacement;
      }),
    lead: () =>
      inTurn(async () => {
        standsBy = false;
        const { begin } = await apply(known);
        // Spread over the first interval, as at a start.
        begin(Number.POSITIVE_INFINITY);
      }),
    standBy: () =>
      inTurn(async () => {
        standsBy = true;
        await apply(known);
      }),
    standsBy: () => standsBy,
    absence: (name) => {
      if (!known.some((cluster) => cluster.name === name)) return undefined;
      if (!shard || shardOfCluster(name, shard.total) === shard.index)
        return standsBy ? { kind: 'standby' } : undefined;
      return { kind: 'other_shard', shard: shardOfCluster(name, shard.total), own: shard };
    },
  };
}
