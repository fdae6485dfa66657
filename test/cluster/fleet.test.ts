import { describe, expect, it } from 'vitest';
import type { Replacement } from '../../src/cluster/clusters.ts';
import { createAwaited, createFleet } from '../../src/cluster/fleet.ts';
import type { ClusterConfig } from '../../src/config/config.ts';
import { clusterConfig } from '../polls.ts';

const [a, b, c] = ['a', 'b', 'c'].map((name) => clusterConfig({ name })) as [
  ClusterConfig,
  ClusterConfig,
  ClusterConfig,
];
const none: Replacement = { unchanged: [], changed: [], added: [], removed: [], begin: () => {} };

/** A fleet, and the lists of names that it replaced one after the other. */
function recording(replaced = async () => none) {
  const lists: string[] = [];
  const fleet = createFleet(async (clusters) => {
    lists.push(clusters.map(({ name }) => name).join());
    return replaced();
  });
  return { fleet, lists };
}

describe('the fleet', () => {
  it('has the configured clusters first, and behind them those that are discovered', async () => {
    const { fleet, lists } = recording();
    await fleet.configure([b]);
    await fleet.discover(() => [a]);
    await fleet.configure([c, b]);
    expect(lists).toEqual(['b', 'b,a', 'c,b,a']);
  });

  it('does not replace clusters by the same ones', async () => {
    const { fleet, lists } = recording();
    await fleet.configure([a]);
    await fleet.discover(() => [b]);
    expect(await fleet.discover(() => [b])).toMatchObject({ unchanged: ['a', 'b'], added: [] });
    expect(lists).toEqual(['a', 'a,b']);
  });

  it('has room for as many discovered clusters as the limit leaves, which a reload may change', async () => {
    const { fleet, lists } = recording();
    await fleet.configure([c], 2);
    await fleet.discover((_configured, room) => [a, b].slice(0, room));
    await fleet.configure([c], 3);
    await fleet.configure([c]);
    expect(lists).toEqual(['c', 'c,a', 'c,a,b']);
  });

  it('replaces one list after the other', async () => {
    const waiting: (() => void)[] = [];
    const { fleet, lists } = recording(() => new Promise((resolve) => waiting.push(() => resolve(none))));
    const first = fleet.configure([a]);
    const second = fleet.discover(() => [b]);
    await Promise.resolve();
    expect(lists).toEqual(['a']);
    waiting.shift()?.();
    await first;
    await Promise.resolve();
    expect(lists).toEqual(['a', 'a,b']);
    waiting.shift()?.();
    await second;
  });

  it('forgets a change that failed', async () => {
    let isBroken = true;
    const { fleet, lists } = recording(() => (isBroken ? Promise.reject(new Error('broken')) : Promise.resolve(none)));
    await expect(fleet.configure([a])).rejects.toThrow('broken');
    await expect(fleet.discover(() => [b])).rejects.toThrow('broken');
    isBroken = false;
    await fleet.configure([c]);
    expect(lists.at(-1)).toBe('c');
  });
});

describe('the clusters that readiness waits for', () => {
  it('are unknown until each provider has been refreshed, and then those of that moment which still exist', () => {
    let hasRefreshed = false;
    let all = [{ cluster: a }];
    const awaited = createAwaited(
      () => all,
      () => hasRefreshed,
    );
    expect(awaited()).toBeUndefined();
    hasRefreshed = true;
    all = [{ cluster: a }, { cluster: b }];
    expect(awaited()).toEqual(all);
    all = [{ cluster: b }, { cluster: c }];
    hasRefreshed = false;
    expect(awaited()).toEqual([{ cluster: b }]);
  });
});
