import type { ClusterConfig } from '../config/config.ts';
import type { Shard } from '../config/replica-settings.ts';
import { sameItems } from '../same-items.ts';
import type { Clusters, Replacement } from './clusters.ts';
import { clustersOfShard, isOfShard, shardOfCluster } from './sharding.ts';
import { createTurns } from './turns.ts';

/**
 * All clusters that this exporter knows: those of the configuration, and behind them those that are discovered. It
 * polls those of its shard, and none while it stands by. Changes run one after the other; one that fails changes
 * nothing.
 */
export interface Fleet extends Pick<Clusters, 'all' | 'named' | 'stop'> {
  /** Replaces the clusters of the configuration. `maxClusters` limits all clusters, without a limit by default. */
  readonly configure: (clusters: readonly ClusterConfig[], maxClusters?: number) => Promise<Replacement>;
  /** Replaces the discovered clusters, now and whenever those of the configuration are replaced. */
  readonly discover: (select: SelectDiscovered) => Promise<Replacement>;
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

export type SelectDiscovered = (configured: readonly ClusterConfig[], room: number) => Selection;

export interface Selection {
  /** At most `room` discovered clusters. None has the name of a configured one. */
  readonly clusters: readonly ClusterConfig[];
  /** Called when the selection is in effect, and again when this exporter starts or stops polling. */
  readonly applied: (isOwn: IsOwn) => void;
}

/** Whether this exporter polls the cluster of this name, if there is one. */
export type IsOwn = (name: string) => boolean;

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
  readonly select: SelectDiscovered;
}

const nothingSelected: Selection = { clusters: [], applied: () => {} };

export function createFleet(clusters: Clusters, assignment: Assignment): Fleet {
  const { all, named, stop } = clusters;
  const { know, assign, ...known } = createKnownClusters(clusters, assignment);
  let sources: Sources = { configured: [], maxClusters: Number.POSITIVE_INFINITY, select: () => nothingSelected };
  const inTurn = createTurns();

  const change = (changes: Partial<Sources>) =>
    inTurn(async () => {
      const next = { ...sources, ...changes };
      const { configured, maxClusters, select } = next;
      const discovered = select(configured, maxClusters - configured.length);
      const replacement = await know([...configured, ...discovered.clusters], discovered.applied);
      sources = next;
      return replacement;
    });

  return {
    ...known,
    all,
    named,
    stop,
    configure: (configured, maxClusters = Number.POSITIVE_INFINITY) => change({ configured, maxClusters }),
    discover: (select) => change({ select }),
    lead: async () => {
      const { begin } = await inTurn(() => assign(false));
      begin();
    },
    standBy: async () => {
      await inTurn(() => assign(true));
    },
  };
}

interface KnownClusters extends Pick<Fleet, 'standsBy' | 'knownNames' | 'absence'> {
  /** Replaces the known clusters, and polls those of them that are assigned to this exporter. */
  readonly know: (next: readonly ClusterConfig[], applied: Selection['applied']) => Promise<Replacement>;
  readonly assign: (toStandBy: boolean) => Promise<Replacement>;
}

function createKnownClusters(clusters: Clusters, { shard, standsBy: initially }: Assignment): KnownClusters {
  let known: readonly ClusterConfig[] = [];
  let { applied } = nothingSelected;
  let polled: readonly ClusterConfig[] = [];
  let standsBy = initially;

  const isOwn: IsOwn = (name) => !standsBy && isOfShard(name, shard);
  const know = async (next: readonly ClusterConfig[], nextApplied: Selection['applied'], toStandBy: boolean) => {
    const assigned = toStandBy ? [] : clustersOfShard(next, shard);
    // Most refreshes find the same clusters: then the page and its compressed parts stay, too.
    const replacement = sameItems(polled, assigned) ? unchanged(polled) : await clusters.replace(assigned);
    known = next;
    applied = nextApplied;
    polled = assigned;
    standsBy = toStandBy;
    applied(isOwn);
    return replacement;
  };

  return {
    know: (next, nextApplied) => know(next, nextApplied, standsBy),
    assign: (toStandBy) => know(known, applied, toStandBy),
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
