import { describe, expect, it, vi } from 'vitest';
import { createAwaited } from '../src/lazy-discovery.ts';
import { client, cluster, configOf, healthy, start } from './exporting.ts';
import { memoryLog } from './memory-log.ts';
import { temporaryFolder } from './mounted.ts';
import { clusterConfig } from './polls.ts';

describe('a reload that configures discovery', () => {
  it('changes nothing if the code of discovery cannot be loaded', async () => {
    vi.doMock('../src/discovery/cluster-discovery.ts', () => {
      throw new Error('no file descriptors left');
    });
    const config = configOf([await cluster('a', healthy)]);
    const discovery = { files: { paths: ['*.yml'], interval: 60_000, folder: await temporaryFolder(), defaults: [] } };
    const next = configOf([...config.clusters, await cluster('b', healthy)], { discovery });
    const exporter = await start(config, memoryLog().logger, async () => ({ config: next, notices: [] }));
    const { get, reload } = client(exporter);
    expect((await reload()).status).not.toBe(200);
    expect((await get('/probe?cluster=b')).status).toBe(404);
    vi.doUnmock('../src/discovery/cluster-discovery.ts');
  });
});

describe('the clusters that readiness waits for', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ cluster: clusterConfig({ name }) })) as [Named, Named, Named];
  type Named = { readonly cluster: ReturnType<typeof clusterConfig> };

  /** Clusters that are known, of which all or some are polled here. */
  function setUp(...initially: readonly Named[]) {
    let [known, polled] = [initially, initially];
    const { clusters, ...awaited } = createAwaited({
      all: () => polled,
      knownNames: () => known.map(({ cluster }) => cluster.name),
    });
    const know = (...next: readonly Named[]) => {
      [known, polled] = [next, next];
    };
    const poll = (...next: readonly Named[]) => {
      polled = next;
    };
    return { ...awaited, awaited: clusters, know, poll };
  }

  it('are all without discovery', () => {
    const { awaited, know } = setUp(a);
    know(a, b);
    expect(awaited()).toEqual([a, b]);
  });

  it('are unknown until each provider has been refreshed, and then those of that moment which still exist', () => {
    const { awaited, know, discover, refreshed } = setUp(a);
    discover(true);
    expect(awaited()).toBeUndefined();
    know(a, b);
    refreshed();
    know(b, c);
    expect(awaited()).toEqual([b]);
    refreshed();
    expect(awaited()).toEqual([b]);
  });

  it('are those known at the reload that adds discovery', () => {
    const { awaited, know, discover, refreshed } = setUp(a);
    discover(false);
    expect(awaited()).toEqual([a]);
    know(a, b);
    refreshed();
    discover(false);
    expect(awaited()).toEqual([a]);
  });

  it('are those that a standby knew after the first refresh, once it leads', () => {
    const { awaited, know, poll, discover, refreshed } = setUp();
    discover(true);
    know(a, b);
    poll();
    refreshed();
    poll(a, b, c);
    expect(awaited()).toEqual([a, b]);
  });
});
