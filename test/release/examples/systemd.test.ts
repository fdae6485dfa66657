import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';

const execute = promisify(execFile);
const folder = join(import.meta.dirname, '..', '..', '..', 'examples/systemd');

it('the systemd unit is valid and hardened', async () => {
  const at = await mkdtemp(join(tmpdir(), 'zeebe-topology-exporter-systemd-'));
  onTestFinished(() => rm(at, { recursive: true }));
  const unit = join(at, 'zeebe-topology-exporter.service');
  const text = await readFile(join(folder, 'zeebe-topology-exporter.service'), 'utf8');
  // The command of the unit has to exist, although the exporter is not installed.
  await copyFile('/bin/true', join(at, 'zeebe-topology-exporter'));
  await writeFile(unit, text.replace('/usr/local/bin/', `${at}/`));
  const verified = await execute('systemd-analyze', ['verify', '--man=no', unit]);
  expect(`${verified.stdout}${verified.stderr}`).toBe('');
  // The threshold is 2.0 of 10, the most exposed.
  await execute('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit]);
});

it('the systemd unit does not restart the exporter with an invalid configuration, and opens no debugger', async () => {
  const unit = (await readFile(join(folder, 'zeebe-topology-exporter.service'), 'utf8')).split('\n');
  // The exit code for an invalid configuration in docs/configuration.md.
  expect(unit).toContain('RestartPreventExitStatus=78');
  expect(unit).toContain('Environment=NODE_OPTIONS=--disable-sigusr1');
});

it('the configuration of the systemd example is valid', async () => {
  const file = await readFile(join(folder, 'exporter.yml'), 'utf8');
  const { config } = loadConfig({
    flags: { 'config.file': 'exporter.yml' },
    env: {},
    isTerminal: false,
    readFile: (path) => Buffer.from(path === 'exporter.yml' ? file : 'password'),
  });
  expect(config.clusters.map(({ name }) => name)).toEqual(['production']);
});
