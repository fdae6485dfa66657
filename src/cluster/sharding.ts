import { hash } from 'node:crypto';
import type { Logger } from 'pino';
import type { Shard } from '../config/replica-settings.ts';

/**
 * Returns the shard, from 0, that polls the cluster of this name: the one with the highest hash of its number and the
 * name (rendezvous hashing). One more shard takes its equal part of the clusters from the others, and moves no other
 * cluster. All exporters of all versions have to agree, so the hash is never changed.
 */
export function shardOfCluster(name: string, total: number): number {
  let owner = 0;
  let highest = '';
  for (let shard = 0; shard < total; shard++) {
    const weight = hash('sha256', `${shard}/${name}`);
    if (weight > highest) [owner, highest] = [shard, weight];
  }
  return owner;
}

/** Whether the shard polls the cluster of this name; without a shard, always. */
export function isOfShard(name: string, shard: Shard | undefined): boolean {
  return !shard || shardOfCluster(name, shard.total) === shard.index;
}

/** Returns the clusters that the shard polls; without a shard, all. */
export function clustersOfShard<C extends { readonly name: string }>(
  clusters: readonly C[],
  shard: Shard | undefined,
): readonly C[] {
  return shard ? clusters.filter(({ name }) => isOfShard(name, shard)) : clusters;
}

/** Returns the shard and its range, as messages show them. */
export function shardText({ index, total }: Shard): string {
  return `shard ${index} (shards 0 to ${total - 1})`;
}

export function logShard(shard: Shard, configured: readonly { readonly name: string }[], logger: Logger): void {
  const own = clustersOfShard(configured, shard).length;
  logger.info(
    { shard: shard.index, totalShards: shard.total },
    `${shardText(shard)}: ${own} of ${configured.length} configured clusters belong to it`,
  );
}
