import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { assignClusters } from '../../src/cluster/assignment.ts';
import type { Clusters, Replacement } from '../../src/cluster/clusters.ts';
import { shardOfCluster } from '../../src/cluster/sharding.ts';
import { createSharedTokens } from '../../src/cluster/shared-tokens.ts';
import type { Shard } from '../../src/config/replica-settings.ts';
import { clusterConfig } from '../polls.ts';

const nothing: Replacement = { unchanged: [], changed: [], added: [], removed: [], begin: () => {} };
const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const configs = (...some: readonly string[]) => some.map((name) => clusterConfig({ name }));

/** Clusters that only note their names. A replacement takes one turn of the event loop, or fails. */
function setUp({ shard, standsBy = false }: { readonly shard?: Shard; readonly standsBy?: boolean } = {}) {
  let polled: readonly string[] = [];
  let running = 0;
  let begun = 0;
  const clusters: Clusters = {
    all: () => [],
    named: () => undefined,
    sharedTokens: createSharedTokens(systemClock),
    replace: async (next) => {
      running++;
      expect(running).toBe(1);
      await new Promise(setImmediate);
      running--;
      if (next.some(({ name }) => name === 'impossible')) throw new Error('impossible');
      polled = next.map(({ name }) => name);
      return {
        ...nothing,
        begin: () => {
          begun++;
        },
      };
    },
    stop: async () => {},
  };
  const assigned = assignClusters(clusters, { shard, standsBy });
  return { assigned, polled: () => polled, begun: () => begun };
}

describe('the assigned clusters', () => {
  it('are all, without shards', async () => {
    const { assigned, polled } = setUp();
    await assigned.replace(configs(...names));
    expect(polled()).toEqual(names);
    expect(assigned.absence('a')).toBeUndefined();
    expect(assigned.standsBy()).toBe(false);
  });

  it('are those of the shard, and the others are known', async () => {
    const shard = { index: 0, total: 2 };
    const { assigned, polled } = setUp({ shard });
    await assigned.replace(configs(...names));
    const own = names.filter((name) => shardOfCluster(name, 2) === 0);
    expect(polled()).toEqual(own);
    for (const name of names) {
      const absent = own.includes(name) ? undefined : { kind: 'other_shard', shard: 1, own: shard };
      expect(assigned.absence(name)).toEqual(absent);
    }
    expect(assigned.absence('unknown')).toBeUndefined();
  });

  it('are none on a standby, and all once it leads', async () => {
    const { assigned, polled, begun } = setUp({ standsBy: true });
    await assigned.replace(configs('a'));
    await assigned.replace(configs('a', 'b'));
    expect(polled()).toEqual([]);
    expect(assigned.absence('b')).toEqual({ kind: 'standby' });
    expect(assigned.standsBy()).toBe(true);
    await assigned.lead();
    expect(polled()).toEqual(['a', 'b']);
    expect(begun()).toBe(1);
    expect(assigned.absence('b')).toBeUndefined();
    await assigned.standBy();
    expect(polled()).toEqual([]);
    expect(assigned.standsBy()).toBe(true);
  });

  it('change one after the other, and end as the last change says', async () => {
    const { assigned, polled } = setUp({ standsBy: true });
    const changes = [
      assigned.replace(configs('a')),
      assigned.lead(),
      assigned.replace(configs('b')),
      assigned.standBy(),
    ];
    await Promise.all(changes);
    expect(polled()).toEqual([]);
    await assigned.lead();
    expect(polled()).toEqual(['b']);
  });

  it('stay as they were if a change fails', async () => {
    const { assigned, polled } = setUp();
    await assigned.replace(configs('a'));
    await expect(assigned.replace(configs('impossible'))).rejects.toThrow('impossible');
    expect(polled()).toEqual(['a']);
    expect(assigned.absence('impossible')).toBeUndefined();
  });
});
