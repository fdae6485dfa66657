import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clustersOfShard, shardOfCluster } from '../../src/cluster/sharding.ts';

const total = fc.integer({ min: 1, max: 40 });
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 128 });
const manyNames = Array.from({ length: 4_000 }, (_, index) => `cluster-${index}`);

const indices = (length: number) => Array.from({ length }, (_, index) => index);

describe('the shards', () => {
  it('own each cluster exactly once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name), total, (names, total) => {
        const clusters = names.map((name) => ({ name }));
        const owned = indices(total).flatMap((index) => clustersOfShard(clusters, { index, total }));
        expect(owned.map((cluster) => cluster.name).toSorted()).toEqual(names.toSorted());
      }),
    );
  });

  it('keep their clusters when shards are added, except those that the new ones take', () => {
    fc.assert(
      fc.property(name, total, total, (name, one, other) => {
        const [fewer, more] = [Math.min(one, other), Math.max(one, other)];
        const [before, after] = [shardOfCluster(name, fewer), shardOfCluster(name, more)];
        expect(after === before || after >= fewer).toBe(true);
      }),
    );
  });

  it('keep their clusters when the last shards are removed, except those that the removed ones had', () => {
    fc.assert(
      fc.property(name, total, total, (name, one, other) => {
        const [fewer, more] = [Math.min(one, other), Math.max(one, other)];
        const [before, after] = [shardOfCluster(name, more), shardOfCluster(name, fewer)];
        expect(before >= fewer || after === before).toBe(true);
      }),
    );
  });

  it.each([2, 3, 5, 10])('have equal parts, and one more than %i moves its own part alone', (total) => {
    const expected = manyNames.length / (total + 1);
    const moved = manyNames.filter((name) => shardOfCluster(name, total) !== shardOfCluster(name, total + 1));
    expect(Math.abs(moved.length - expected)).toBeLessThan(expected / 4);
    for (const index of indices(total + 1)) {
      const owned = manyNames.filter((name) => shardOfCluster(name, total + 1) === index);
      expect(Math.abs(owned.length - expected)).toBeLessThan(expected / 4);
    }
  });

  it('never change from version to version', () => {
    const owners = ['production', 'staging', 'größe', 'a/b'].map((name) => shardOfCluster(name, 7));
    expect(owners).toEqual([1, 1, 6, 4]);
  });
});
