import { mkdir, mkdtemp, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

type Files = Readonly<Record<string, string | Buffer>>;

/** Creates a folder, and removes it at the end of the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'exporter-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Creates a folder like the volume of a Kubernetes Secret: each file is a symbolic link into `..data`, which is a
 * symbolic link to the folder of the current version.
 */
export async function mounted(files: Files) {
  const folder = await temporaryFolder();
  let version = 0;
  let linked: readonly string[] = [];

  /**
   * Replaces all files as kubelet's AtomicWriter does: a new folder, and a new link that is renamed over the old one. Then
   * it adds the links of new files and removes those of files that are gone.
   */
  const swap = async (next: Files) => {
    const name = `..${++version}`;
    await mkdir(join(folder, name));
    for (const [file, content] of Object.entries(next)) await writeFile(join(folder, name, file), content);
    const before = await readlink(join(folder, '..data')).catch(() => undefined);
    await symlink(name, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    const names = Object.keys(next);
    for (const file of names.filter((each) => !linked.includes(each))) {
      await symlink(join('..data', file), join(folder, file));
    }
    for (const file of linked.filter((each) => !names.includes(each))) await rm(join(folder, file));
    linked = names;
    if (before !== undefined) await rm(join(folder, before), { recursive: true });
  };

  await swap(files);
  return { folder, swap };
}
