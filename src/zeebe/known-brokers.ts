import { sortedById, type Topology } from './topology.ts';

/** What is remembered from one answer to the next so that a missing broker can be called by its name. */
export interface Members {
  readonly clusterSize: number;
  /**
   * Brokers listed with at least one partition since `clusterSize` last changed, and the answer that last listed them:
   * those listed now and, of those gone, the latest `clusterSize`. More can never be missing.
   */
  readonly lastListed: ReadonlyMap<string, number>;
  readonly answers: number;
}

export const noMembers: Members = { clusterSize: 0, lastListed: new Map(), answers: 0 };

/** Answers without a cluster size teach nothing. */
export function nextMembers(members: Members, topology: Topology): Members {
  const { clusterSize } = topology;
  if (clusterSize === undefined) return members;
  const answers = members.answers + 1;
  const lastListed = new Map(clusterSize === members.clusterSize ? members.lastListed : []);
  for (const { id, replicas } of topology.brokers) {
    if (replicas.length > 0 || lastListed.has(id)) lastListed.set(id, answers);
  }
  const gone = latestFirst([...lastListed].filter(([, answer]) => answer < answers));
  for (const [id] of gone.slice(clusterSize)) lastListed.delete(id);
  return { clusterSize, lastListed, answers };
}

function latestFirst(listed: readonly (readonly [id: string, answer: number])[]): typeof listed {
  return sortedById(listed, ([id]) => id).sort(([, a], [, b]) => b - a);
}

/**
 * The brokers that should be listed and are not, by name, in a stable order.
 *
 * First the members that are gone, the latest seen before those of long ago: no more than the members that are still
 * listed leave room for, so that a broker replaced under a new id is not missed for ever. Where that names too few,
 * as just after a start, and ids are plain numbers, the lowest free ids follow.
 */
export function missingBrokers(members: Members, topology: Topology): readonly string[] {
  const { clusterSize, brokers } = topology;
  if (clusterSize === undefined) return [];
  const listed = new Set(brokers.map(({ id }) => id));
  const known = [...members.lastListed.keys()];
  const membersListed = known.filter((id) => listed.has(id)).length;

  const missing = latestFirst([...members.lastListed].filter(([id]) => !listed.has(id)))
    .slice(0, Math.max(0, clusterSize - membersListed))
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
