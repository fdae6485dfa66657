import { beforeEach, describe, expect, it, vi } from 'vitest';
import { client, cluster, configOf, healthy, ofCluster, start } from './exporting.ts';
import { memoryLog } from './memory-log.ts';
import { valuesOf } from './metrics/pages.ts';
import { withoutProxy } from './transport/without-proxy.ts';

/** For what takes a moment on an idle machine. */
const soon = { timeout: 20_000, interval: 20 };
vi.setConfig({ testTimeout: 30_000 });
beforeEach(withoutProxy);

// The topology of these clusters has 90 series.

describe('an exporter with a cluster that exceeds max_series', () => {
  it('exposes its verdict alone and says why, once, and does not touch other clusters', async () => {
    const { logger, lines } = memoryLog();
    const exporter = await start(
      configOf([await cluster('limited', healthy, { maxSeries: 89 }), await cluster('other', healthy)]),
      logger,
    );
    const { read, get } = client(exporter);
    const page = await vi.waitFor(async () => {
      const each = await read();
      for (const name of ['limited', 'other']) {
        expect(ofCluster(each, 'polls_total', name).every(({ value }) => value > 2)).toBe(true);
        expect(ofCluster(each, 'up', name)).toMatchObject([{ value: 1 }]);
      }
      return each;
    }, soon);
    expect(ofCluster(page, 'cluster_health', 'limited')).toContainEqual(
      expect.objectContaining({ labels: { zeebe_cluster: 'limited', health: 'healthy' }, value: 1 }),
    );
    expect(ofCluster(page, 'auth_up', 'limited')).toMatchObject([{ value: 1 }]);
    expect(ofCluster(page, 'broker_up', 'limited')).toEqual([]);
    expect(ofCluster(page, 'partition_role', 'limited')).toEqual([]);
    expect(ofCluster(page, 'partition_role', 'other')).toHaveLength(36);
    expect(valuesOf(page, 'series_limited')).toEqual({ '': 1 });

    const { clusters } = JSON.parse((await get('/api/v1/clusters')).text);
    expect(clusters[0]).toMatchObject({ verdict: 'healthy', seriesLimited: { setting: 'max_series', max: 89 } });
    expect(clusters[0].topology.brokers).toHaveLength(3);
    expect(lines.filter(({ event }) => event === 'series_limited')).toMatchObject([
      {
        cluster: 'limited',
        msg: 'the 90 series of brokers, partitions and replicas are not exposed, as they exceed max_series (89)',
      },
    ]);
  });
});

describe('max_series_total', () => {
  it('is applied by a reload, without a restart of the clusters', async () => {
    const config = configOf([await cluster('one', healthy), await cluster('two', healthy)]);
    let next = config;
    const exporter = await start(config, memoryLog().logger, async () => ({ config: next, notices: [] }));
    const { read, reload } = client(exporter);
    const shown = async () => {
      const page = await read();
      return ['one', 'two'].filter((name) => ofCluster(page, 'broker_up', name).length > 0);
    };
    await vi.waitFor(async () => expect(await shown()).toEqual(['one', 'two']), soon);
    next = { ...config, maxSeriesTotal: 100 };
    expect((await reload()).text).toContain('2 unchanged');
    await vi.waitFor(async () => expect(await shown()).toHaveLength(1), soon);
    next = config;
    await reload();
    await vi.waitFor(async () => expect(await shown()).toEqual(['one', 'two']), soon);
  });
});
