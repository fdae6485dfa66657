import { describe, expect, it } from 'vitest';
import type { Clusters, Replacement } from '../../src/cluster/clusters.ts';
import { type Assignment, createFleet, type Selection } from '../../src/cluster/fleet.ts';
import { shardOfCluster } from '../../src/cluster/sharding.ts';
import { clusterConfig } from '../polls.ts';

const configs = (...names: readonly string[]) => names.map((name) => clusterConfig({ name }));
const [a, b, c, d] = configs('a', 'b', 'c', 'd') as [Config, Config, Config, Config];
type Config = ReturnType<typeof clusterConfig>;
/** A selection that nobody follows. */
const selection = (...clusters: readonly Config[]): Selection => ({ clusters, applied: () => {} });
const many = ['a', 'b', 'c', 'd', 'e', 'f'];

/** A fleet of clusters that only note their names. A replacement takes one turn of the event loop, or fails. */
function setUp(assignment: Partial<Assignment> = {}) {
  const lists: string[] = [];
  let running = 0;
  const begun: (number | undefined)[] = [];
  const replace = async (next: readonly Config[]): Promise<Replacement> => {
    running++;
    expect(running).toBe(1);
    await new Promise(setImmediate);
    running--;
    const names = next.map(({ name }) => name);
    if (names.includes('impossible')) throw new Error('impossible');
    lists.push(names.join());
    const begin = (within?: number) => {
      begun.push(within);
    };
    return { unchanged: [], changed: [], added: names, removed: [], begin };
  };
  const clusters: Clusters = { all: () => [], named: () => undefined, stop: async () => {}, replace };
  const fleet = createFleet(clusters, { standsBy: false, ...assignment });
  return { fleet, lists, polled: () => lists.at(-1) ?? '', begun };
}

describe('the fleet', () => {
  it('has the configured clusters first, and behind them those that are discovered', async () => {
    const { fleet, lists } = setUp();
    await fleet.configure([b]);
    await fleet.discover(() => selection(a));
    await fleet.configure([c, b]);
    expect(lists).toEqual(['b', 'b,a', 'c,b,a']);
  });

  it('does not replace clusters by the same ones', async () => {
    const { fleet, lists } = setUp();
    await fleet.configure([a]);
    await fleet.discover(() => selection(b));
    expect(await fleet.discover(() => selection(b))).toMatchObject({ unchanged: ['a', 'b'], added: [] });
    expect(lists).toEqual(['a', 'a,b']);
  });

  it('has room for as many discovered clusters as the limit leaves, which a reload may change', async () => {
    const { fleet, lists } = setUp();
    await fleet.configure([c], 2);
    await fleet.discover((_configured, room) => selection(...[a, b].slice(0, room)));
    await fleet.configure([c], 3);
    await fleet.configure([c]);
    expect(lists).toEqual(['c', 'c,a', 'c,a,b']);
  });

  it('changes one list after the other, and ends as the last change says', async () => {
    const { fleet, lists, polled } = setUp({ standsBy: true });
    await Promise.all([fleet.configure([a]), fleet.lead(), fleet.discover(() => selection(b)), fleet.standBy()]);
    expect(lists).toEqual(['a', 'a,b', '']);
    await fleet.lead();
    expect(polled()).toBe('a,b');
  });

  it('forgets a change that failed', async () => {
    const { fleet, polled } = setUp();
    const impossible = configs('impossible');
    await fleet.configure([a]);
    await expect(fleet.configure(impossible)).rejects.toThrow('impossible');
    await expect(fleet.discover(() => selection(...impossible))).rejects.toThrow('impossible');
    expect(polled()).toBe('a');
    expect(fleet.absence('impossible')).toBeUndefined();
    await fleet.discover(() => selection(d));
    expect(polled()).toBe('a,d');
  });
});

describe('a selection of discovered clusters', () => {
  /** Selects clusters, and notes which of them are the exporter's own whenever the selection is applied. */
  const followed = (...clusters: readonly Config[]) => {
    const own: string[] = [];
    const select = (): Selection => ({
      clusters,
      applied: (isOwn) => own.push(clusters.flatMap(({ name }) => (isOwn(name) ? [name] : [])).join()),
    });
    return { own, select };
  };

  it('is told that it is in effect after each change, also of the configured clusters and of the role', async () => {
    const { fleet } = setUp();
    const { own, select } = followed(a, b);
    await fleet.discover(select);
    await fleet.configure([c]);
    await fleet.standBy();
    await fleet.lead();
    expect(own).toEqual(['a,b', 'a,b', '', 'a,b']);
  });

  it('is not told so by a change that failed', async () => {
    const { fleet } = setUp();
    const { own, select } = followed(a, ...configs('impossible'));
    await expect(fleet.discover(select)).rejects.toThrow('impossible');
    await fleet.standBy();
    expect(own).toEqual([]);
  });

  it('is told which clusters belong to the shard, also of those that are not polled', async () => {
    const { fleet } = setUp({ shard: { index: 1, total: 2 } });
    const { own, select } = followed(...configs(...many));
    await fleet.discover(select);
    expect(own).toEqual([many.filter((name) => shardOfCluster(name, 2) === 1).join()]);
  });
});

describe('the clusters that are known', () => {
  it('are the configured and the discovered ones, also on a standby', async () => {
    const { fleet } = setUp({ standsBy: true });
    await fleet.configure([a]);
    await fleet.discover(() => selection(b));
    expect(fleet.knownNames()).toEqual(['a', 'b']);
  });
});

describe('the clusters that are polled', () => {
  it('are still none if the exporter could not begin to lead', async () => {
    const { fleet, polled } = setUp({ standsBy: true });
    await fleet.configure(configs('impossible'));
    await expect(fleet.lead()).rejects.toThrow('impossible');
    expect(fleet.standsBy()).toBe(true);
    await fleet.configure([a]);
    await fleet.lead();
    expect(polled()).toBe('a');
  });

  it('are all, without shards', async () => {
    const { fleet, polled } = setUp();
    await fleet.configure(configs(...many));
    expect(polled()).toBe(many.join());
    expect(fleet.absence('a')).toBeUndefined();
    expect(fleet.standsBy()).toBe(false);
  });

  it('are those of the shard, and the others are known', async () => {
    const shard = { index: 0, total: 2 };
    const { fleet, polled } = setUp({ shard });
    await fleet.configure(configs(...many));
    const own = many.filter((name) => shardOfCluster(name, 2) === 0);
    expect(polled()).toBe(own.join());
    for (const name of many) {
      const absent = own.includes(name) ? undefined : { kind: 'other_shard', shard: 1, own: shard };
      expect(fleet.absence(name)).toEqual(absent);
    }
    expect(fleet.absence('unknown')).toBeUndefined();
  });

  it('are none on a standby, and all once it leads', async () => {
    const { fleet, polled, begun } = setUp({ standsBy: true });
    await fleet.configure([a]);
    await fleet.configure([a, b]);
    expect(polled()).toBe('');
    expect(fleet.absence('b')).toEqual({ kind: 'standby' });
    expect(fleet.standsBy()).toBe(true);
    await fleet.lead();
    expect(polled()).toBe('a,b');
    expect(begun).toEqual([undefined]);
    expect(fleet.absence('b')).toBeUndefined();
    await fleet.standBy();
    expect(polled()).toBe('');
    expect(fleet.standsBy()).toBe(true);
  });
});
