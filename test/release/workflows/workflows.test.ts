import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { actionlintTool } from '../go-tools.ts';

const execute = promisify(execFile);
const workflows = join(import.meta.dirname, '../../../.github/workflows');

let actionlint: string;

beforeAll(async () => {
  actionlint = await actionlintTool();
});

describe('actionlint', () => {
  it('accepts the workflows', async () => {
    const files = (await readdir(workflows)).map((name) => join(workflows, name));
    expect(files.length).toBeGreaterThan(1);
    const { stdout } = await execute(actionlint, files);
    expect(stdout).toBe('');
  });

  it('rejects a workflow that uses an undefined output', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'zeebe-topology-exporter-workflow-'));
    try {
      const release = await readFile(join(workflows, 'release.yaml'), 'utf8');
      const wrong = join(folder, 'release.yaml');
      await writeFile(wrong, release.replaceAll('needs.files.outputs.version', 'needs.files.outputs.versoin'));
      await expect(execute(actionlint, [wrong])).rejects.toMatchObject({
        stdout: expect.stringContaining('"versoin" is not defined'),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

it('CI runs every part of .ci/run', async () => {
  const { jobs }: { jobs: Readonly<Record<string, Job>> } = parse(await readFile(join(workflows, 'ci.yaml'), 'utf8'));
  const run = await readFile(join(workflows, '../../.ci/run'), 'utf8');
  const [, parts = ''] = /then set -- (.+); fi/.exec(run) ?? [];
  // The part unit is `npm test`, which needs nothing of .ci/run and has a job without it.
  expect(jobs.unit?.steps).toContainEqual({ run: 'npm test' });
  const others = Object.values(jobs).flatMap(({ strategy }) => strategy?.matrix.part ?? []);
  expect(['unit', ...others].sort()).toEqual(parts.split(' ').sort());
});

interface Job {
  readonly strategy?: { readonly matrix: { readonly part: readonly string[] } };
  readonly steps: readonly object[];
}
