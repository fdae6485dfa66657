import { glob } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** By path: the names in a folder whose changes matter. */
export type WatchedFolders = ReadonlyMap<string, WatchedNames>;
type WatchedNames = ReadonlySet<string> | 'all';

/** Matches wildcards only where they have the syntax of globs: the `+` of `team+a.yml` is part of a name. */
const magic = /[*?]|\[[^/]+\]|\{.*(?:,|\.\.).*\}|[+@!]\([^/]*\)/;

/** Whether a glob pattern has wildcards. */
export function hasMagic(pattern: string): boolean {
  return magic.test(pattern);
}

/** Returns the folders that a pattern names without wildcards: `conf.d/` of `conf.d/*.yml` and `conf.d/a.yml`. */
export function fixedPart(pattern: string): string {
  const first = pattern.search(magic);
  return pattern.slice(0, pattern.lastIndexOf('/', first === -1 ? pattern.length : first) + 1);
}

/**
 * Returns the folders in which a change may change the files that match the patterns: those that the files are in, and
 * the folders above them, which may be created, removed, or symbolic links to others. They need not exist.
 */
export async function watchedFolders(patterns: readonly string[], folder: string): Promise<WatchedFolders> {
  const watched = new Map<string, WatchedNames>();
  for (const pattern of patterns) {
    const fixed = fixedPart(pattern);
    const base = resolve(folder, fixed);
    const above = base.split('/').filter((name) => name !== '');
    for (const [depth, name] of above.entries()) {
      const path = `/${above.slice(0, depth).join('/')}`;
      const others = watched.get(path) ?? new Set();
      watched.set(path, others === 'all' ? 'all' : new Set([...others, name]));
    }
    watched.set(base, 'all');
    const names = pattern.slice(fixed.length).split('/');
    for (let depth = 1; depth < names.length; depth++) {
      for (const path of await foldersLike(names.slice(0, depth).join('/'), base)) watched.set(path, 'all');
    }
  }
  return watched;
}

/** Never rejects: that a folder cannot be read is reported where its files are listed. */
async function foldersLike(pattern: string, cwd: string): Promise<readonly string[]> {
  const paths: string[] = [];
  try {
    for await (const entry of glob(pattern, { cwd, withFileTypes: true })) {
      if (entry.isDirectory() || entry.isSymbolicLink()) paths.push(join(entry.parentPath, entry.name));
    }
  } catch {}
  return paths;
}

/** Whether the change of a name in a folder matters. Names such as `..data` are links that Kubernetes replaces. */
export function matters(names: WatchedNames | undefined, name: string | null): boolean {
  return names === 'all' || name === null || name.startsWith('..') || names?.has(name) === true;
}
