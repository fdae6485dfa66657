import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type Clusters, watchClusters } from '../../src/cluster/clusters.ts';
import { createPage } from '../../src/metrics/page.ts';
import { createPageBudget } from '../../src/metrics/page-budget.ts';
import { Secret } from '../../src/secret.ts';
import { createStatusFeed } from '../../src/status/status-feed.ts';
import { memoryLog } from '../memory-log.ts';
import { noProcessMetrics, readPage, samplesOf, textOf } from '../metrics/pages.ts';
import { clusterConfig } from '../polls.ts';

function setUp() {
  const page = createPage([], noProcessMetrics, systemClock);
  const shownOn = { page, budget: createPageBudget(1e6), status: createStatusFeed(systemClock) };
  const clusters = watchClusters(shownOn, memoryLog().logger, systemClock);
  onTestFinished(() => clusters.stop());
  const shown = async () =>
    samplesOf(readPage(textOf(await page.body('text', 'identity'))), 'poll_interval_seconds').map(
      ({ labels }) => labels.zeebe_cluster,
    );
  return { clusters, shown };
}

const cluster = (name: string, key = 'k3y') => clusterConfig({ name, headers: { 'x-key': new Secret(key) } });

function names(clusters: Clusters): readonly string[] {
  return clusters.all().map((each) => each.cluster.name);
}

describe('a replacement', () => {
  it('leaves those that are the same as they are, and makes those that are not', async () => {
    const { clusters, shown } = setUp();
    await clusters.replace([cluster('a'), cluster('b'), cluster('c')]);
    const [a, b] = clusters.all();
    const { unchanged, changed, added, removed } = await clusters.replace([
      cluster('d'),
      cluster('b', 'another'),
      cluster('a'),
    ]);
    expect({ unchanged, changed, added, removed }).toEqual({
      unchanged: ['a'],
      changed: ['b'],
      added: ['d'],
      removed: ['c'],
    });
    expect(clusters.named('a')).toBe(a);
    expect(clusters.named('b')).not.toBe(b);
    expect(clusters.named('c')).toBeUndefined();
    expect(names(clusters)).toEqual(['d', 'b', 'a']);
    expect(await shown()).toEqual(['d', 'b', 'a']);
  });

  it('of which one cannot be made changes nothing', async () => {
    const { clusters, shown } = setUp();
    await clusters.replace([cluster('a'), cluster('b')]);
    const before = clusters.all();
    const impossible = clusterConfig({
      name: 'c',
      transport: { tls: { insecureSkipVerify: false }, enableHttp2: false, proxyUrl: new Secret('no URL') },
    });
    await expect(clusters.replace([cluster('b', 'another'), cluster('d'), impossible])).rejects.toThrow();
    expect(clusters.all()).toEqual(before);
    for (const [index, each] of clusters.all().entries()) expect(each).toBe(before[index]);
    expect(await shown()).toEqual(['a', 'b']);
  });

  it('that is the same again, in another order, only orders', async () => {
    const { clusters, shown } = setUp();
    await clusters.replace([cluster('a'), cluster('b')]);
    const [a, b] = clusters.all();
    await clusters.replace([cluster('b'), cluster('a')]);
    expect(clusters.all()[0]).toBe(b);
    expect(clusters.all()[1]).toBe(a);
    expect(await shown()).toEqual(['b', 'a']);
  });
});
