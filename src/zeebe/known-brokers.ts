import { type PartitionGroup, sortedById, type Topology } from './topology.ts';

/** The brokers that a cluster has listed, so that a missing one can be named. */
export interface KnownBrokers {
  readonly clusterSize: number;
  /**
   * Ids of brokers that were listed with at least one partition since `clusterSize` last changed, with the number of
   * the answer that last listed them. Of those that are gone, only the latest `clusterSize`: more can never be missing.
   */
  readonly lastListed: ReadonlyMap<string, number>;
  /** How many answers were counted. */
  readonly answers: number;
}

export const noKnownBrokers: KnownBrokers = { clusterSize: 0, lastListed: new Map(), answers: 0 };

/** Ignores answers without a cluster size. */
export function nextKnownBrokers(known: KnownBrokers, topology: Topology): KnownBrokers {
  const { clusterSize } = topology;
  if (clusterSize === undefined) return known;
  const answers = known.answers + 1;
  const lastListed = new Map(clusterSize === known.clusterSize ? known.lastListed : []);
  const withPartitions = new Set(topology.groups.flatMap(idsWithReplicas));
  for (const { id } of topology.brokers) {
    if (withPartitions.has(id) || lastListed.has(id)) lastListed.set(id, answers);
  }
  const gone = latestFirst([...lastListed].filter(([, answer]) => answer < answers));
  for (const [id] of gone.slice(clusterSize)) lastListed.delete(id);
  return { clusterSize, lastListed, answers };
}

export function idsWithReplicas({ brokers }: PartitionGroup): readonly string[] {
  return brokers.filter(({ replicas }) => replicas.length > 0).map(({ id }) => id);
}

function latestFirst(listed: readonly (readonly [id: string, answer: number])[]): typeof listed {
  return sortedById(listed, ([id]) => id).sort(([, a], [, b]) => b - a);
}

/**
 * Returns the ids of the brokers that should be listed and are not, in a stable order.
 *
 * Takes the known brokers that are gone, those listed last first, up to the cluster size less the known brokers that
 * are still listed: a broker that was replaced under a new id does not stay missing for ever. If these are too few, as
 * after a start, and ids are plain numbers, adds the lowest free ids.
 */
export function missingBrokers({ lastListed }: KnownBrokers, topology: Topology): readonly string[] {
  const { clusterSize, brokers } = topology;
  if (clusterSize === undefined) return [];
  const listed = new Set(brokers.map(({ id }) => id));
  const known = [...lastListed.keys()];
  const knownListed = known.filter((id) => listed.has(id)).length;

  const missing = latestFirst([...lastListed].filter(([id]) => !listed.has(id)))
    .slice(0, Math.max(0, clusterSize - knownListed))
    .map(([id]) => id);

  const unnamed = clusterSize - brokers.length - missing.length;
  if (unnamed > 0 && [...known, ...listed].every((id) => isIndexBelow(clusterSize, id))) {
    const named = new Set([...listed, ...missing]);
    const free = Array.from({ length: clusterSize }, (_, index) => index.toString()).filter((id) => !named.has(id));
    missing.push(...free.slice(0, unnamed));
  }
  return sortedById(missing, (id) => id);
}

function isIndexBelow(size: number, id: string): boolean {
  return /^(0|[1-9]\d*)$/.test(id) && Number(id) < size;
}
