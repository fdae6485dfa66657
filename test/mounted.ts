import { mkdir, mkdtemp, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

type Files = Readonly<Record<string, string | Buffer>>;

/** A folder until the test has ended. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'exporter-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A volume of a Kubernetes Secret: each file is a link into `..data`, which is a link to the folder of the moment. */
export async function mounted(files: Files) {
  const folder = await temporaryFolder();
  let version = 0;

  /** As kubelet does it (AtomicWriter): a new folder, a new link, renamed over the old one. */
  const swap = async (next: Files) => {
    const name = `..${++version}`;
    await mkdir(join(folder, name));
    for (const [file, content] of Object.entries(next)) await writeFile(join(folder, name, file), content);
    const before = await readlink(join(folder, '..data')).catch(() => undefined);
    await symlink(name, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    if (before !== undefined) await rm(join(folder, before), { recursive: true });
  };

  await swap(files);
  for (const file of Object.keys(files)) await symlink(join('..data', file), join(folder, file));
  return { folder, swap };
}
