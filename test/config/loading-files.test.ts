import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadConfigFromFiles } from '../../src/config/load-config.ts';
import { temporaryFolder } from '../mounted.ts';

afterEach(() => {
  vi.useRealTimers();
});

const file =
  'clusters: [{ name: one, address: "http://zeebe", basic_auth: { username: demo, password_file: password } }]';
const inputs = { flags: { 'config.file': 'exporter.yml', 'web.config.file': 'web.yml' }, env: {}, isTerminal: false };
const password = join(process.cwd(), 'password');

describe('a configuration that is loaded from its files', () => {
  it('has what they hold: its own, those that it names, and the web configuration', async () => {
    const folder = await temporaryFolder();
    const write = (name: string, content: string) => writeFile(join(folder, name), content);
    await Promise.all([write('exporter.yml', file), write('password', 'opensesame'), write('web.yml', '')]);
    const flags = { 'config.file': join(folder, 'exporter.yml'), 'web.config.file': join(folder, 'web.yml') };
    const { config } = await loadConfigFromFiles({ ...inputs, flags });
    const [cluster] = config.clusters;
    expect(cluster?.files?.paths).toEqual([join(folder, 'password')]);
    expect(cluster?.authentication.method === 'basic' && cluster.authentication.password.open()).toBe('opensesame');
    expect(config.webConfig).toMatchObject({ path: flags['web.config.file'], file: { headers: {} } });
  });

  it('is read once, each file one time', async () => {
    const asked: string[] = [];
    const contents: Readonly<Record<string, string>> = {
      'exporter.yml': file,
      'web.yml': '',
      [password]: 'opensesame',
    };
    const readFile = async (path: string) => {
      asked.push(path);
      return Buffer.from(contents[path] ?? '');
    };
    await loadConfigFromFiles({ ...inputs, readFile });
    expect(asked).toEqual(['exporter.yml', 'web.yml', password]);
  });

  it('has a problem where a file is not read within ten seconds, instead of waiting for it', async () => {
    vi.useFakeTimers();
    const never = new Promise<Buffer>(() => {});
    const contents: Readonly<Record<string, string>> = { 'exporter.yml': file, 'web.yml': '' };
    const readFile = async (path: string) => (path in contents ? Buffer.from(contents[path] ?? '') : never);
    const loading = loadConfigFromFiles({ ...inputs, readFile }).then(
      () => 'loaded',
      (error: Error) => error.message,
    );
    await vi.advanceTimersByTimeAsync(9_999);
    expect(await Promise.race([loading, 'waiting'])).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1);
    expect(await loading).toContain(
      `clusters[0].basic_auth.password_file: expected a readable file, found ${password}: not read within 10 s`,
    );
  });
});
