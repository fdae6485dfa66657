import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClusterConfig } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { client, cluster, configOf, healthy, start } from '../exporting.ts';
import { memoryLog } from '../memory-log.ts';
import { temporaryFolder } from '../mounted.ts';
import { withoutProxy } from '../transport/without-proxy.ts';

beforeEach(withoutProxy);
afterEach(() => {
  vi.unstubAllEnvs();
});

/** What a reload says that puts the second list of clusters in the place of the first. */
async function saidOf(first: readonly ClusterConfig[], next: readonly ClusterConfig[]): Promise<string> {
  const exporter = await start(configOf(first), memoryLog().logger, () => ({ config: configOf(next), notices: [] }));
  const { status, text } = await client(exporter).reload();
  expect(status).toBe(200);
  return text;
}

describe('the names of clusters that a reload tells', () => {
  it.each([
    [9, '1, 2, 3, 4, 5, 6, 7, 8, 9'],
    [10, '1, 2, 3, 4, 5, 6, 7, 8, 9, 10'],
    [11, '1, 2, 3, 4, 5, 6, 7, 8, 9, 10, and 1 more'],
    [12, '1, 2, 3, 4, 5, 6, 7, 8, 9, 10, and 2 more'],
  ])('are ten at most: of %i', async (count, listed) => {
    const kept = await cluster('kept', healthy, { pollInterval: 600_000 });
    const others = Array.from({ length: count }, (_, index) => ({ ...kept, name: `${index + 1}` }));
    expect(await saidOf([kept], [kept, ...others])).toContain(`${count} new (${listed})`);
    expect(await saidOf([kept, ...others], [kept])).toContain(`${count} removed (${listed})`);
  });
});

describe('a reload while a file of credentials is gone', () => {
  /** An exporter that was started with a password in a file, which is gone now. */
  async function withoutItsFile() {
    const { address } = await cluster('production', healthy);
    const folder = await temporaryFolder();
    const configure = (password: string) =>
      writeFile(
        join(folder, 'exporter.yml'),
        [
          'poll_interval: 1h',
          'web: { listen_addresses: ["127.0.0.1:0"] }',
          'clusters:',
          `  - { name: production, address: "${address}", basic_auth: { username: demo, ${password} } }`,
        ].join('\n'),
      );
    const load = () =>
      loadConfig({ flags: { 'config.file': join(folder, 'exporter.yml') }, env: {}, isTerminal: false });
    await writeFile(join(folder, 'password'), 'from a file');
    await configure('password_file: password');
    const exporter = await start(load().config, memoryLog().logger, load);
    await rm(join(folder, 'password'));
    return { configure, ...client(exporter) };
  }

  it('moves the cluster to another password', async () => {
    const { configure, reload, get } = await withoutItsFile();
    await configure('password: in the configuration');
    expect(await reload()).toEqual({
      status: 200,
      text: 'the configuration was read again: 0 unchanged, 1 changed (production)\n',
    });
    expect((await get('/probe?cluster=production')).status).toBe(200);
  });

  it('is refused where the cluster still wants that file, and the cluster stays', async () => {
    const { reload, get } = await withoutItsFile();
    const { status, text } = await reload();
    expect([status, text]).toEqual([500, expect.stringContaining('password_file')]);
    expect((await get('/probe?cluster=production')).status).toBe(200);
  });
});
