import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { healthy } from '../exporting.ts';
import { valuesOf } from '../metrics/pages.ts';
import { httpServer } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { newFolder, soon, startFrom } from './discovering.ts';

vi.setConfig({ testTimeout: 30_000 });
beforeEach(withoutProxy);

/** A folder with a configured cluster, a limit of all clusters, and a function that writes the files of teams. */
async function workspace(maxClusters: number) {
  const folder = newFolder();
  const address = await httpServer(healthy);
  mkdirSync(join(folder, 'conf.d'));
  const configFile = join(folder, 'exporter.yml');
  const configure = (max: number) =>
    writeFileSync(
      configFile,
      `max_clusters: ${max}\ndiscovery: { files: { paths: [conf.d/*.yml] } }\n` +
        `clusters: [{ name: configured, address: "${address}" }]\n`,
    );
  configure(maxClusters);
  return {
    configFile,
    configure,
    team: (name: string, ...clusters: readonly string[]) => {
      const list = clusters.map((cluster) => `- name: ${cluster}\n  address: ${address}\n`);
      writeFileSync(join(folder, 'conf.d', `${name}.yml`), list.join('') || '[]\n');
    },
  };
}

describe('discovered clusters beyond max_clusters', () => {
  it('are not polled, in the order of names; the metric and the log say so', async () => {
    const { configFile, team } = await workspace(3);
    team('a', 'd', 'b');
    team('b', 'c', 'a');
    const { names, read, lines } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['configured', 'b', 'a']), soon);
    await vi.waitFor(async () => expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=files': 0 }), soon);
    expect(valuesOf(await read(), 'discovery_clusters')).toEqual({ 'provider=files': 2 });
    expect(lines.find(({ msg }) => msg.includes('has problems'))?.problems).toEqual([
      'max_clusters: expected at most 2 discovered clusters, found 4; not polled: c and d',
    ]);
  });

  it('do not displace those that are polled, and take their place when they are gone', async () => {
    const { configFile, team } = await workspace(3);
    team('b', 'm', 'n');
    const { names, read } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['configured', 'm', 'n']), soon);
    team('a', 'a');
    await vi.waitFor(async () => expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=files': 0 }), soon);
    expect(await names()).toEqual(['configured', 'm', 'n']);
    team('b', 'n');
    await vi.waitFor(async () => expect(await names()).toEqual(['configured', 'a', 'n']), soon);
    await vi.waitFor(async () => expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=files': 1 }), soon);
  });

  it('are polled after a reload with a higher limit', async () => {
    const { configFile, configure, team } = await workspace(1);
    team('a', 'one');
    const { names, reload, read } = await startFrom(configFile);
    await vi.waitFor(async () => expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=files': 0 }), soon);
    expect(await names()).toEqual(['configured']);
    configure(2);
    expect((await reload()).status).toBe(200);
    await vi.waitFor(async () => expect(await names()).toEqual(['configured', 'one']), soon);
  });
});
