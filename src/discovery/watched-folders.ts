import { glob } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** By path: the names in a folder whose changes matter. */
export type WatchedFolders = ReadonlyMap<string, WatchedNames>;
type WatchedNames = ReadonlySet<string> | 'all';

const magic = /[*?[\]{}()!+@]/;

/** Whether a glob pattern, or a part of it, has wildcards. */
export function hasMagic(pattern: string): boolean {
  return magic.test(pattern);
}

/**
 * Returns the folders in which a change may change the files that match the patterns: those that the files are in, and
 * the folders above them, which may be created, removed, or symbolic links to others. They need not exist.
 */
export async function watchedFolders(patterns: readonly string[], folder: string): Promise<WatchedFolders> {
  const watched = new Map<string, WatchedNames>();
  for (const pattern of patterns) {
    const names = resolve(folder, pattern).split('/').slice(1);
    const firstMagic = names.findIndex(hasMagic);
    const fixed = firstMagic === -1 ? names.slice(0, -1) : names.slice(0, firstMagic);
    for (const [depth, name] of fixed.entries()) {
      const path = absolute(fixed.slice(0, depth));
      const others = watched.get(path) ?? new Set();
      watched.set(path, others === 'all' ? 'all' : new Set([...others, name]));
    }
    watched.set(absolute(fixed), 'all');
    for (let depth = fixed.length + 1; depth < names.length; depth++) {
      for (const path of await foldersLike(absolute(names.slice(0, depth)))) watched.set(path, 'all');
    }
  }
  return watched;
}

function absolute(names: readonly string[]): string {
  return `/${names.join('/')}`;
}

/** Never rejects: that a folder cannot be read is reported where its files are listed. */
async function foldersLike(pattern: string): Promise<readonly string[]> {
  const paths: string[] = [];
  try {
    for await (const entry of glob(pattern, { withFileTypes: true })) {
      if (entry.isDirectory() || entry.isSymbolicLink()) paths.push(join(entry.parentPath, entry.name));
    }
  } catch {}
  return paths;
}

/** Whether the change of a name in a folder matters. Names such as `..data` are links that Kubernetes replaces. */
export function matters(names: WatchedNames | undefined, name: string | null): boolean {
  return names === 'all' || name === null || name.startsWith('..') || names?.has(name) === true;
}
