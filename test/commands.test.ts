import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** The packages that a process has loaded after it has imported a module; those in CommonJS format. */
async function packagesLoadedBy(module: string): Promise<ReadonlySet<string>> {
  const script = `
    await import('./${module}');
    const { createRequire } = await import('node:module');
    process.stdout.write(JSON.stringify(Object.keys(createRequire(process.cwd() + '/').cache)));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  const files: readonly string[] = JSON.parse(stdout);
  return new Set(files.flatMap((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []));
}

it('the servers can listen before the libraries for polls, metrics and pages are loaded', async () => {
  const late = ['undici', 'prom-client', 'express', 'accepts', 'bcrypt'];
  const loaded = await packagesLoadedBy('src/commands.ts');
  expect(loaded).toContain('convict');
  for (const library of late) expect(loaded).not.toContain(library);
  expect(await packagesLoadedBy('src/exporter.ts')).toContain('undici');
});
