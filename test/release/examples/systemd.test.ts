import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';

const execute = promisify(execFile);
const folder = join(import.meta.dirname, '..', '..', '..', 'examples/systemd');

it('the unit is one that systemd understands, and hardened', async () => {
  const at = await mkdtemp(join(tmpdir(), 'zeebe-topology-exporter-systemd-'));
  onTestFinished(() => rm(at, { recursive: true }));
  const unit = join(at, 'zeebe-topology-exporter.service');
  const text = await readFile(join(folder, 'zeebe-topology-exporter.service'), 'utf8');
  // Where it is not installed, its command has to be there all the same.
  await copyFile('/bin/true', join(at, 'zeebe-topology-exporter'));
  await writeFile(unit, text.replace('/usr/local/bin/', `${at}/`));
  const verified = await execute('systemd-analyze', ['verify', '--man=no', unit]);
  expect(`${verified.stdout}${verified.stderr}`).toBe('');
  // Of 10, the most exposed.
  await execute('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit]);
});

it('the unit does not start the exporter again where its configuration is wrong, and opens no debugger', async () => {
  const unit = (await readFile(join(folder, 'zeebe-topology-exporter.service'), 'utf8')).split('\n');
  // The exit code that docs/configuration.md has for that.
  expect(unit).toContain('RestartPreventExitStatus=78');
  expect(unit).toContain('Environment=NODE_OPTIONS=--disable-sigusr1');
});

it('its configuration is valid', async () => {
  const file = await readFile(join(folder, 'exporter.yml'), 'utf8');
  const { config } = loadConfig({
    flags: { 'config.file': 'exporter.yml' },
    env: {},
    isTerminal: false,
    readFile: (path) => Buffer.from(path === 'exporter.yml' ? file : 'password'),
  });
  expect(config.clusters.map(({ name }) => name)).toEqual(['production']);
});
