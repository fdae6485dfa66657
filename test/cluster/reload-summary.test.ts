import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClusterConfig } from '../../src/config/config.ts';
import { loadConfigFromFiles } from '../../src/config/load-config.ts';
import { client, cluster, configOf, healthy, start } from '../exporting.ts';
import { memoryLog } from '../memory-log.ts';
import { temporaryFolder } from '../mounted.ts';
import { withoutProxy } from '../transport/without-proxy.ts';

beforeEach(withoutProxy);
afterEach(() => {
  vi.unstubAllEnvs();
});

/** The answer to a reload that replaces the first list of clusters by the second. */
async function answerTo(first: readonly ClusterConfig[], next: readonly ClusterConfig[]): Promise<string> {
  const exporter = await start(configOf(first), memoryLog().logger, async () => ({
    config: configOf(next),
    notices: [],
  }));
  const { status, text } = await client(exporter).reload();
  expect(status).toBe(200);
  return text;
}

describe('the answer to a reload', () => {
  it.each([
    [9, '1, 2, 3, 4, 5, 6, 7, 8, 9'],
    [10, '1, 2, 3, 4, 5, 6, 7, 8, 9, 10'],
    [11, '1, 2, 3, 4, 5, 6, 7, 8, 9, 10, and 1 more'],
    [12, '1, 2, 3, 4, 5, 6, 7, 8, 9, 10, and 2 more'],
  ])('names ten clusters at most: of %i', async (count, listed) => {
    const kept = await cluster('kept', healthy, { pollInterval: 600_000 });
    const others = Array.from({ length: count }, (_, index) => ({ ...kept, name: `${index + 1}` }));
    expect(await answerTo([kept], [kept, ...others])).toContain(`${count} new (${listed})`);
    expect(await answerTo([kept, ...others], [kept])).toContain(`${count} removed (${listed})`);
  });
});

describe('a reload while a file of credentials is missing', () => {
  /** An exporter that was started with a password in a file, which is missing now. */
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
      loadConfigFromFiles({ flags: { 'config.file': join(folder, 'exporter.yml') }, env: {}, isTerminal: false });
    await writeFile(join(folder, 'password'), 'from a file');
    await configure('password_file: password');
    const exporter = await start((await load()).config, memoryLog().logger, load);
    await rm(join(folder, 'password'));
    return { configure, ...client(exporter) };
  }

  it('succeeds if the cluster uses another password now', async () => {
    const { configure, reload, get } = await withoutItsFile();
    await configure('password: in the configuration');
    expect(await reload()).toEqual({
      status: 200,
      text: 'the configuration was read again: 0 unchanged, 1 changed (production)\n',
    });
    expect((await get('/probe?cluster=production')).status).toBe(200);
  });

  it('fails if the cluster still needs that file, and the cluster stays', async () => {
    const { reload, get } = await withoutItsFile();
    const { status, text } = await reload();
    expect([status, text]).toEqual([500, expect.stringContaining('password_file')]);
    expect((await get('/probe?cluster=production')).status).toBe(200);
  });
});
