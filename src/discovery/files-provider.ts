import { access, glob } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { within } from '../clock.ts';
import { reportSharedNames } from '../config/cluster-list.ts';
import { readClusterListFile } from '../config/config-file.ts';
import {
  createFileReader,
  createFileSetReader,
  digestsOf,
  type FileContents,
  notReadWithin,
  type ReadFileAsync,
  readFailure,
  readFrom,
} from '../config/file-reader.ts';
import type { Problem } from '../config/problem.ts';
import type { FilesDiscovery } from '../config/provider-config.ts';
import { isStillKnown, type KnownList, readClusters, readTimeout } from './cluster-reader.ts';
import { createFolderWatcher, type FolderWatcher, type FolderWatcherOptions } from './folder-watcher.ts';
import { type ClusterList, type Discovered, discoverAtInterval, type Provider, type Refresh } from './provider.ts';
import { fixedPart, hasMagic, watchedFolders } from './watched-folders.ts';

/**
 * Discovers the clusters in files. A file is a list of clusters; only those that changed are read as such. Files are
 * read at an interval, and soon after a change that their file system reports.
 */
export function createFilesProvider(config: FilesDiscovery, options: FolderWatcherOptions): Provider {
  const { paths: patterns, interval, folder } = config;
  const readFile = createFileReader();
  const readSet = createFileSetReader(readFile, readTimeout);
  let known: ReadonlyMap<string, KnownList> = new Map();
  let listing: Promise<Paths> | undefined;

  /** Watches before it lists, so that no change goes unnoticed between the two. */
  const watchAndList = async (watcher: FolderWatcher): Promise<Paths> => {
    await watcher.follow(await watchedFolders(patterns, folder));
    return pathsOf(patterns, folder);
  };
  const refresh = async (watcher: FolderWatcher, signal: AbortSignal): Promise<Discovered> => {
    // A file system that does not respond holds one thread of Node's pool, and not one more for each refresh.
    listing ??= watchAndList(watcher).finally(() => {
      listing = undefined;
    });
    const found = await within(readTimeout, listing, signal);
    if (!found) return failed([`${patterns.join(', ')}: ${notReadWithin(readTimeout)}`]);
    if (found.problems.length > 0) return failed(found.problems);
    const reading = await readSet(heldDigests(found.paths, known), signal);
    if (reading.status === 'timeout') return failed([`${patterns.join(', ')}: ${notReadWithin(readTimeout)}`]);
    known =
      reading.status === 'changed'
        ? await readLists(found.paths, reading.contents, { config, known, readFile })
        : new Map([...known].filter(([path]) => found.paths.includes(path)));
    return { ok: true, lists: [...known.values()].map(({ list }) => list) };
  };

  return {
    name: 'files',
    discover: async function* (signal) {
      const watcher = createFolderWatcher(options);
      const refreshed: Refresh = async (each) => ({ discovered: await refresh(watcher, each) });
      try {
        yield* discoverAtInterval(interval, refreshed, signal, watcher.wait);
      } finally {
        watcher.close();
      }
    },
  };
}

function failed(problems: readonly string[]): Discovered {
  return { ok: false, problems };
}

/** A list with problems counts as changed: a file that it names may have been repaired. */
function heldDigests(
  paths: readonly string[],
  known: ReadonlyMap<string, KnownList>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    paths.map((path) => {
      const before = known.get(path);
      return [path, before?.list.problems.length === 0 ? before.digest : ''];
    }),
  );
}

interface ReadListsOptions {
  readonly config: FilesDiscovery;
  readonly known: ReadonlyMap<string, KnownList>;
  readonly readFile: ReadFileAsync;
}

async function readLists(
  paths: readonly string[],
  contents: FileContents,
  { config, known, readFile }: ReadListsOptions,
): Promise<ReadonlyMap<string, KnownList>> {
  const digests = digestsOf(contents);
  const lists = new Map<string, KnownList>();
  for (const path of paths) {
    const digest = digests[path] ?? '';
    const before = known.get(path);
    lists.set(
      path,
      isStillKnown(before, digest) ? before : { digest, list: await readList(path, contents, config, readFile) },
    );
  }
  return lists;
}

async function readList(
  path: string,
  contents: FileContents,
  { defaults }: FilesDiscovery,
  readFile: ReadFileAsync,
): Promise<ClusterList> {
  const problems: Problem[] = [];
  const sources = readClusterListFile(path, readFrom(contents), problems);
  reportSharedNames(sources, problems);
  const described = sources.map((named) => ({ sources: [...defaults, named], named, folder: dirname(path) }));
  return { source: path, ...(await readClusters(described, problems, readFile)) };
}

interface Paths {
  /** Sorted, without duplicates. */
  readonly paths: readonly string[];
  readonly problems: readonly string[];
}

/** Never rejects. A folder that cannot be read is a problem: its files have not been deleted. */
async function pathsOf(patterns: readonly string[], folder: string): Promise<Paths> {
  const paths = new Set<string>();
  const problems: string[] = [];
  for (const pattern of patterns) {
    try {
      for (const path of await matches(pattern, folder)) paths.add(path);
    } catch (error) {
      problems.push(`${pattern}: expected a readable folder, found ${readFailure(error)}`);
    }
  }
  return { paths: [...paths].sort(), problems };
}

/** Returns the files that match, and a path without wildcards also if there is no such file. */
async function matches(pattern: string, folder: string): Promise<readonly string[]> {
  if (!hasMagic(pattern)) return [resolveIn(folder, pattern)];
  const cwd = resolve(folder);
  const paths: string[] = [];
  for await (const entry of glob(pattern, { cwd: folder, withFileTypes: true })) {
    if (!entry.isDirectory()) paths.push(shown(resolve(entry.parentPath, entry.name), cwd, folder));
  }
  // `glob` finds nothing where there is no folder. Checked last, as the folder may vanish meanwhile.
  await access(resolve(folder, fixedPart(pattern)));
  return paths;
}

function resolveIn(folder: string, path: string): string {
  return path.startsWith('/') ? path : join(folder, path);
}

/** Returns a path below the folder as the folder is written, which may be relative. */
function shown(path: string, cwd: string, folder: string): string {
  return path.startsWith(`${cwd}/`) ? join(folder, path.slice(cwd.length + 1)) : path;
}
