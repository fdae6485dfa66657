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
  it('are unknown until each provider has been refreshed, and then those of that moment which still exist', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ cluster: clusterConfig({ name }) }));
    let hasRefreshed = false;
    let all = [a];
    const awaited = createAwaited(
      () => all.flatMap((each) => each ?? []),
      () => hasRefreshed,
    );
    expect(awaited()).toBeUndefined();
    hasRefreshed = true;
    all = [a, b];
    expect(awaited()).toEqual([a, b]);
    all = [b, c];
    hasRefreshed = false;
    expect(awaited()).toEqual([b]);
  });
});
