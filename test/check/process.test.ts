import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { closedPort } from '../transport/loopback.ts';
import { cluster } from './checking.ts';

interface Run {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly exitCode: Promise<number>;
}

function run(args: readonly string[], env: Readonly<Record<string, string>>): Run {
  const child = spawn(process.execPath, ['src/main.ts', 'check', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.stderr += text;
  });
  return { child, output, exitCode: once(child, 'close').then(([code]) => code) };
}

describe('check: the process', { timeout: 60_000 }, () => {
  it('exits with 0 if the cluster can be polled, and writes no colours without a terminal', async () => {
    const { address } = await cluster();
    const { output, exitCode } = run([], { ZEEBE_REST_ADDRESS: address.href, FORCE_COLOR: '1' });
    expect(await exitCode).toBe(0);
    expect(output).toEqual({ stdout: expect.stringMatching(/^default\n {2}✓ Settings\n/), stderr: '' });
    expect(output.stdout).toMatch(/ {2}✓ Verdict: healthy\n\nThe cluster can be polled\.\n$/);
  });

  it('exits with 1 if the cluster cannot be polled', async () => {
    const env = { ZEEBE_REST_ADDRESS: `http://127.0.0.1:${await closedPort()}` };
    const { output, exitCode } = run(['--output=json'], env);
    expect(await exitCode).toBe(1);
    expect(JSON.parse(output.stdout)).toMatchObject({ version: 1, ok: false });
  });

  it('exits with 1 if the configuration cannot be used', async () => {
    const { output, exitCode } = run([], { ZEEBE_REST_ADDRESS: 'zeebe' });
    expect(await exitCode).toBe(1);
    expect(output.stderr).toMatch(/ZEEBE_REST_ADDRESS: expected a URL that begins with http/);
  });

  it('writes everything before it exits, even more than a pipe buffers', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'check-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'exporter.json');
    const key = 'x'.repeat(500);
    await writeFile(file, JSON.stringify({ clusters: Array.from({ length: 1_000 }, () => ({ [key]: true })) }));
    const { output, exitCode } = run([`--config.file=${file}`], {});
    expect(await exitCode).toBe(1);
    expect(output.stderr.match(/clusters\[\d+\]\.x{500}: /g)).toHaveLength(1_000);
  });

  it('exits with 2 if the flags are invalid', async () => {
    const { output, exitCode } = run(['--output=xml'], {});
    expect(await exitCode).toBe(2);
    expect(output.stderr).toMatch(/Allowed choices are text, json/);
  });

  it('exits on SIGINT (Ctrl-C)', async () => {
    const { address, apply } = await cluster();
    apply({ type: 'http-fault', fault: { kind: 'silence' } });
    const { child, output, exitCode } = run([], { ZEEBE_REST_ADDRESS: address.href });
    await expect.poll(() => output.stdout, { timeout: 30_000 }).toContain('Token request');
    child.kill('SIGINT');
    expect(await exitCode).toBe(1);
    expect(output.stdout).not.toContain('polled');
  });
});
