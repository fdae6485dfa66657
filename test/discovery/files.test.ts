import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { healthy, ofCluster } from '../exporting.ts';
import { samplesOf, valuesOf } from '../metrics/pages.ts';
import { httpServer } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { newFolder, soon, startFrom } from './discovering.ts';

vi.setConfig({ testTimeout: 30_000 });
beforeEach(withoutProxy);

const discovery = 'discovery:\n  files:\n    paths: [conf.d/*.yml]\n';

/** A folder with a configuration file, and functions that write and delete the files of teams. */
async function workspace(configuration = discovery) {
  const folder = newFolder();
  const address = await httpServer(healthy);
  mkdirSync(join(folder, 'conf.d'));
  const configFile = join(folder, 'exporter.yml');
  writeFileSync(configFile, configuration.replaceAll('ADDRESS', address));
  return {
    folder,
    configFile,
    write: (path: string, content: string) => writeFileSync(join(folder, path), content),
    /** Writes the file of a team. */
    team: (name: string, ...clusters: readonly string[]) => {
      const list = clusters.map((cluster) => `- name: ${cluster}\n  address: ${address}\n`);
      writeFileSync(join(folder, 'conf.d', `${name}.yml`), list.join('') || '[]\n');
    },
    remove: (name: string) => rmSync(join(folder, 'conf.d', `${name}.yml`)),
  };
}

describe('clusters in files', () => {
  it('are polled beside those of the configuration, which come first, in the order of the files', async () => {
    const { configFile, team } = await workspace(`${discovery}clusters:\n  - name: z\n    address: ADDRESS\n`);
    team('b', 'c');
    team('a', 'd', 'b');
    const { names, read } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['z', 'd', 'b', 'c']), soon);
    await vi.waitFor(
      async () => expect(ofCluster(await read(), 'up', 'c').map(({ value }) => value)).toEqual([1]),
      soon,
    );
    expect(valuesOf(await read(), 'discovery_clusters')).toEqual({ 'provider=files': 3 });
    expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=files': 1 });
  });

  it('come and go without a restart; one that is gone has no series', async () => {
    const { configFile, team, remove } = await workspace();
    team('a', 'one');
    const { names, read } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['one']), soon);
    team('b', 'two', 'three');
    await vi.waitFor(async () => expect(await names()).toEqual(['one', 'two', 'three']), soon);
    await vi.waitFor(async () => expect(ofCluster(await read(), 'up', 'two')).toHaveLength(1), soon);
    team('b', 'three');
    await vi.waitFor(async () => expect(await names()).toEqual(['one', 'three']), soon);
    expect(ofCluster(await read(), 'up', 'two')).toEqual([]);
    expect(ofCluster(await read(), 'polls_total', 'two')).toEqual([]);
    remove('a');
    remove('b');
    await vi.waitFor(async () => expect(await names()).toEqual([]), soon);
    expect(valuesOf(await read(), 'discovery_clusters')).toEqual({ 'provider=files': 0 });
  });

  it('keep their state while another file changes', async () => {
    const { configFile, team } = await workspace();
    team('a', 'one');
    const { names, read } = await startFrom(configFile);
    const polls = async () => ofCluster(await read(), 'polls_total', 'one').map(({ value }) => value);
    await vi.waitFor(async () => expect(await polls()).toEqual([1]), soon);
    team('b', 'two');
    await vi.waitFor(async () => expect(await names()).toEqual(['one', 'two']), soon);
    expect(await polls()).toEqual([1]);
  });

  it('stay as they were in the last good content of a file; the log and the metric show why', async () => {
    const { configFile, folder, team, write } = await workspace();
    team('a', 'one');
    team('b', 'two');
    const { names, read, lines } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['one', 'two']), soon);
    write('conf.d/a.yml', '- name: one\n  adress: http://zeebe\n');
    team('b', 'three');
    await vi.waitFor(async () => expect(await names()).toEqual(['one', 'three']), soon);
    await vi.waitFor(async () => expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=files': 0 }), soon);
    const warning = lines.find(({ msg }) => msg.includes('has problems'));
    expect(warning?.problems).toContainEqual(
      expect.stringContaining(`${folder}/conf.d/a.yml:2: [0].adress: expected one of name, address`),
    );
    expect(samplesOf(await read(), 'discovery_last_success_timestamp_seconds')).toHaveLength(1);
    team('a', 'four');
    await vi.waitFor(async () => expect(await names()).toEqual(['four', 'three']), soon);
    expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=files': 1 });
    expect(lines.map(({ msg }) => msg)).toContain('discovery (files) works again');
  });

  it('are named by the problems with the defaults of all clusters', async () => {
    const { configFile, folder, write } = await workspace(`poll_timeout: 10s\n${discovery}`);
    const clusters = ['one', 'two'].map((name) => `- name: ${name}\n  address: http://a\n  poll_interval: 5s\n`);
    write('conf.d/a.yml', clusters.join(''));
    const { lines } = await startFrom(configFile);
    const problem = 'poll_timeout: expected at most the poll_interval, "5s", found "10s"';
    const problems = [1, 4].map((line) => `${folder}/conf.d/a.yml:${line}: ${configFile}:1: ${problem}`);
    await vi.waitFor(
      () => expect(lines.findLast(({ msg }) => msg.includes('has problems'))?.problems).toEqual(problems),
      soon,
    );
  });

  it('are an error of the later file alone where it repeats a name', async () => {
    const { configFile, folder, team } = await workspace(
      `${discovery}clusters:\n  - name: configured\n    address: ADDRESS\n`,
    );
    team('a', 'one');
    team('b', 'two', 'one');
    team('c', 'configured');
    const { names, lines } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['configured', 'one']), soon);
    await vi.waitFor(() => expect(lines.some(({ msg }) => msg.includes('has problems'))).toBe(true), soon);
    expect(lines.find(({ msg }) => msg.includes('has problems'))?.problems).toEqual([
      `${folder}/conf.d/b.yml:3: [1].name: expected a name that no other cluster has, found "one", as at ${folder}/conf.d/a.yml:1: [0].name`,
      `${folder}/conf.d/c.yml:1: [0].name: expected a name that no other cluster has, found "configured", as at clusters of the configuration file`,
    ]);
    team('a');
    await vi.waitFor(async () => expect(await names()).toEqual(['configured', 'two', 'one']), soon);
  });

  it('read the files that they name from their own folder, again until these can be read', async () => {
    const { configFile, write } = await workspace();
    const list = '- name: one\n  address: http://localhost:1\n  basic_auth: { username: a, password_file: secret }\n';
    write('conf.d/a.yml', list);
    const { names, read } = await startFrom(configFile);
    await vi.waitFor(async () => expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=files': 0 }), soon);
    expect(await names()).toEqual([]);
    write('conf.d/secret', 's3cr3t\n');
    await vi.waitFor(async () => expect(await names()).toEqual(['one']), soon);
  });

  it('stay while their folder is gone, which is not the same as an empty one', async () => {
    const { configFile, folder, team } = await workspace();
    team('a', 'one');
    const { names, read } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['one']), soon);
    renameSync(join(folder, 'conf.d'), join(folder, 'gone'));
    await vi.waitFor(async () => expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=files': 0 }), soon);
    expect(await names()).toEqual(['one']);
    mkdirSync(join(folder, 'conf.d'));
    await vi.waitFor(async () => expect(await names()).toEqual([]), soon);
  });

  it.each([
    ['', 'expected a list of at least one cluster, found an empty value'],
    ['clusters: []\n', 'expected a list of at least one cluster, found a mapping with an empty list in it'],
    ['- one\n', '[0]: expected a mapping, found text'],
    ['- name: one\n- name: one\n', 'a name that no other cluster has'],
  ])('need a list of mappings: %j is an error', async (content, expected) => {
    const { configFile, write } = await workspace();
    write('conf.d/a.yml', content);
    const { lines } = await startFrom(configFile);
    await vi.waitFor(() => {
      const warning = lines.find(({ msg }) => msg.includes('has problems'));
      expect(warning?.msg).toContain(expected);
    }, soon);
  });
});

describe('the exporter with discovery', () => {
  it('is ready when the clusters that were known at the start have been polled, and stays so', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { configFile, write } = await workspace();
    const slow = await httpServer(async (request, response) => {
      await released;
      healthy(request, response);
    });
    write('conf.d/a.yml', `- name: slow\n  address: ${slow}\n`);
    const { get, names } = await startFrom(configFile);
    await vi.waitFor(async () => expect((await get('/-/ready')).text).toContain('clusters not polled yet: 1'), soon);
    release();
    await vi.waitFor(async () => expect((await get('/-/ready')).status).toBe(200), soon);
    const silent = await httpServer(() => {});
    write('conf.d/b.yml', `- name: silent\n  address: ${silent}\n`);
    await vi.waitFor(async () => expect(await names()).toEqual(['slow', 'silent']), soon);
    expect((await get('/-/ready')).status).toBe(200);
  });

  it('is ready after a first refresh that failed', async () => {
    const { configFile, folder } = await workspace();
    rmSync(join(folder, 'conf.d'), { recursive: true });
    const { get } = await startFrom(configFile);
    await vi.waitFor(async () => expect((await get('/-/ready')).status).toBe(200), soon);
  });

  it('reloads its settings: other files, none, and files again', async () => {
    const { configFile, write, team } = await workspace();
    team('a', 'one');
    write('other.yml', '- name: other\n  address: http://localhost:1\n');
    const { names, read, reload } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['one']), soon);

    write('exporter.yml', 'discovery: { files: { paths: [other.yml] } }\n');
    expect((await reload()).status).toBe(200);
    await vi.waitFor(async () => expect(await names()).toEqual(['other']), soon);

    write('exporter.yml', 'clusters: [{ name: only, address: "http://localhost:1" }]\n');
    expect((await reload()).status).toBe(200);
    expect(await names()).toEqual(['only']);
    expect(samplesOf(await read(), 'discovery_up')).toEqual([]);

    write('exporter.yml', discovery);
    await reload();
    await vi.waitFor(async () => expect(await names()).toEqual(['one']), soon);
  });

  it('keeps the last good content of a bad file over a reload', async () => {
    const { configFile, write, team } = await workspace();
    team('a', 'one');
    const { names, read, reload } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['one']), soon);
    write('conf.d/a.yml', 'nonsense\n');
    await vi.waitFor(async () => expect(valuesOf(await read(), 'discovery_up')).toEqual({ 'provider=files': 0 }), soon);
    team('b', 'two');
    await reload();
    await vi.waitFor(async () => expect(await names()).toEqual(['one', 'two']), soon);
  });

  it('gives the name of a discovered cluster to one that a reload configures', async () => {
    const { configFile, write, team } = await workspace();
    team('a', 'one');
    const { names, reload, lines } = await startFrom(configFile);
    await vi.waitFor(async () => expect(await names()).toEqual(['one']), soon);
    write('exporter.yml', `${discovery}clusters: [{ name: one, address: "http://localhost:1" }]\n`);
    expect(await reload()).toMatchObject({ status: 200 });
    expect(await names()).toEqual(['one']);
    await vi.waitFor(() => expect(lines.some(({ msg }) => msg.includes('as at clusters of'))).toBe(true), soon);
    expect(await names()).toEqual(['one']);
  });
});
