import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'zeebe-topology-exporter');

export function cachedFolder(name: string): string {
  return join(cache, name);
}

/** Returns a folder that is kept between runs. It is filled once; if `fill` fails, the folder does not exist. */
export async function cached(name: string, fill: (into: string) => Promise<void>): Promise<string> {
  const folder = cachedFolder(name);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(join(cache, 'unfinished-'));
  try {
    await fill(unfinished);
    await rename(unfinished, folder);
  } catch (error) {
    // Another run may have filled the folder first, and rename() rejects a target that is not empty.
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}
