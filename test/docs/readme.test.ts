import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const readme = await readFile(join(root, 'README.md'), 'utf8');

interface Block {
  readonly section: string;
  readonly text: string;
}

/** Returns the blocks of a language, each with the heading above it. */
function blocksOf(language: string): readonly Block[] {
  const block = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return readme.split(/^#+ (?=[A-Z])/m).flatMap((text) => {
    const [section = ''] = text.split('\n', 1);
    return [...text.matchAll(block)].map(([, text = '']) => ({ section, text }));
  });
}

const shellBlocks = blocksOf('sh');
const exporting = shellBlocks.filter(({ text }) => /^export /m.test(text));
const inDocker = shellBlocks.filter(({ text }) => /^docker run /m.test(text));
const configurations = blocksOf('yaml').filter(({ text }) => text.startsWith('clusters:'));
const main = `'${process.execPath}' '${join(root, 'src/main.ts')}'`;

/** Returns an empty folder with the secrets that the blocks name, in place of /run/secrets. */
async function folderWithSecrets(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'readme-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'secrets'));
  for (const [, name = ''] of readme.matchAll(/\/run\/secrets\/(\w+)/g))
    await writeFile(join(folder, 'secrets', name), 'secret');
  return folder;
}

async function outputOf(script: string, folder: string): Promise<string> {
  const withSecrets = script.replaceAll('/run/secrets', join(folder, 'secrets'));
  const { stdout } = await execute('sh', ['-eu', '-c', withSecrets], { cwd: folder, env: { PATH: '/usr/bin:/bin' } });
  return stdout;
}

/** Asserts that `--config.check` accepted the configuration, with the address in the block. */
function expectSummary(output: string, cluster: string, block: string): void {
  const [, address = ''] = /(?:ZEEBE_REST_ADDRESS=|address: )(\S+)/.exec(block) ?? [];
  expect(output).toContain(`The configuration is valid: ${cluster}.\n\n${cluster}\n  address: ${address} (`);
}

describe('README.md', () => {
  it('has commands and configurations for each way to authenticate', () => {
    expect(exporting.length).toBeGreaterThanOrEqual(5);
    expect(configurations.length).toBeGreaterThanOrEqual(5);
    expect(inDocker).toHaveLength(2);
  });

  it.each(shellBlocks)('has a command in "$section" that a shell can parse', async ({ text }) => {
    await expect(execute('sh', ['-n', '-c', text])).resolves.toMatchObject({ stderr: '' });
  });

  it.each(exporting)('exports variables in "$section" that are a valid configuration', async ({ text }) => {
    const script = text.replace('npm ci\n', '').replace(/^npm start$/m, `${main} --config.check`);
    expectSummary(await outputOf(script, await folderWithSecrets()), 'default', text);
  });

  it.each(inDocker)('passes variables and arguments that the exporter accepts to the image', async ({ text }) => {
    const variables = [...text.matchAll(/--env (\S+)/g)].map(([, variable]) => variable);
    const [, command = ''] = /zeebe-topology-exporter:latest ?(.*)$/m.exec(text) ?? [];
    const script = `${variables.join(' ')} ${main} ${command} --config.check`;
    expectSummary(await outputOf(script, await folderWithSecrets()), 'default', text);
  });

  it.each(configurations)('has a valid configuration in "$section"', async ({ text }) => {
    const folder = await folderWithSecrets();
    await writeFile(join(folder, 'exporter.yml'), text.replaceAll('/run/secrets', 'secrets'));
    const [, name = ''] = /name: (.*)/.exec(text) ?? [];
    const output = await outputOf(`${main} --config.check --config.file=exporter.yml`, folder);
    expectSummary(output, name, text);
  });
});
