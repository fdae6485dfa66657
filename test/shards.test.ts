import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { shardOfCluster } from '../src/cluster/sharding.ts';
import { client, cluster, configOf, healthy, start } from './exporting.ts';
import { memoryLog } from './memory-log.ts';
import { samplesOf } from './metrics/pages.ts';
import { withoutProxy } from './transport/without-proxy.ts';

const soon = { timeout: 20_000, interval: 20 };
const names = Array.from({ length: 8 }, (_, index) => `cluster-${index}`);
const ofShard = (shard: number, total: number) => names.filter((name) => shardOfCluster(name, total) === shard);

beforeEach(withoutProxy);
afterEach(() => {
  vi.unstubAllEnvs();
});

const eightClusters = () => Promise.all(names.map((name) => cluster(name, healthy)));

async function ready({ get }: ReturnType<typeof client>): Promise<void> {
  await vi.waitFor(async () => expect((await get('/-/ready')).status).toBe(200), soon);
}

describe('one of several shards', () => {
  it('polls, exposes and lists its own clusters alone, and says which shard it is', async () => {
    const shard = { index: 1, total: 3 };
    const exporter = client(await start(configOf(await eightClusters(), { shard })));
    await ready(exporter);
    const page = await exporter.read();
    const own = ofShard(1, 3);
    expect(samplesOf(page, 'up').map(({ labels }) => labels.zeebe_cluster)).toEqual(own);
    expect(samplesOf(page, 'exporter_total_shards')).toMatchObject([{ labels: { shard: '1' }, value: 3 }]);
    const listed: readonly { readonly labels: { readonly __param_cluster: string } }[] = JSON.parse(
      (await exporter.get('/sd')).text,
    );
    expect(listed.map(({ labels }) => labels.__param_cluster)).toEqual(own);
    expect(own.length).toBeGreaterThan(0);
    expect(own.length).toBeLessThan(names.length);
  });

  it('probes its own clusters alone, and says which shard polls another', async () => {
    const exporter = client(await start(configOf(await eightClusters(), { shard: { index: 1, total: 3 } })));
    const [own = ''] = ofShard(1, 3);
    const [other = ''] = ofShard(2, 3);
    expect((await exporter.get(`/probe?cluster=${own}`)).status).toBe(200);
    expect(await exporter.get(`/probe?cluster=${other}`)).toMatchObject({
      status: 404,
      text: 'this cluster belongs to shard 2; this exporter polls those of shard 1 (shards 0 to 2)\n',
    });
    expect(await exporter.get(`/api/v1/clusters?cluster=${other}`)).toEqual(
      await exporter.get(`/probe?cluster=${other}`),
    );
    expect((await exporter.get('/probe?cluster=nope')).text).toContain('no cluster of this name is configured');
  });

  it('without a cluster is ready and has a page without clusters', async () => {
    const shard = { index: names.length, total: names.length + 1 };
    const [first] = await eightClusters();
    const config = configOf(first && shardOfCluster(first.name, shard.total) !== shard.index ? [first] : [], { shard });
    expect(config.clusters).toHaveLength(1);
    const exporter = client(await start(config));
    expect((await exporter.get('/-/ready')).status).toBe(200);
    const page = await exporter.read();
    expect(samplesOf(page, 'polls_total')).toEqual([]);
    expect(samplesOf(page, 'exporter_build_info')).toHaveLength(1);
    expect(JSON.parse((await exporter.get('/sd')).text)).toEqual([]);
  });

  it('says at the start how many of the configured clusters are its own', async () => {
    const { logger, lines } = memoryLog();
    await start(configOf(await eightClusters(), { shard: { index: 1, total: 3 } }), logger);
    const own = ofShard(1, 3).length;
    expect(lines.map(({ msg }) => msg)).toContain(
      `shard 1 (shards 0 to 2): ${own} of 8 configured clusters belong to it`,
    );
  });

  it('polls its part of the clusters of a reloaded configuration', async () => {
    const shard = { index: 0, total: 2 };
    const clusters = await eightClusters();
    const [before, after] = [clusters.slice(0, 4), clusters.slice(2)];
    const exporter = client(
      await start(configOf(before, { shard }), memoryLog().logger, async () => ({
        config: configOf(after, { shard }),
        notices: [],
      })),
    );
    await exporter.reload();
    await ready(exporter);
    const expected = ofShard(0, 2).filter((name) => after.some((cluster) => cluster.name === name));
    expect(samplesOf(await exporter.read(), 'up').map(({ labels }) => labels.zeebe_cluster)).toEqual(expected);
  });
});
