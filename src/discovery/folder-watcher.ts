import { watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Logger } from 'pino';
import { sleep } from '../clock.ts';
import { readFailure } from '../config/file-reader.ts';
import { matters, type WatchedFolders } from './watched-folders.ts';

/** Notices changes in folders, as far as their file system reports them: remote ones usually do not. */
export interface FolderWatcher {
  /** Watches these folders from now on, instead of the previous ones. Those that are missing are ignored. */
  readonly follow: (folders: WatchedFolders) => Promise<void>;
  /** Resolves after `ms` milliseconds, soon after a change since the last call has ended, or when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly close: () => void;
}

export interface FolderWatcherOptions {
  readonly logger: Logger;
  readonly watchFolder?: WatchFolder;
}

type WatchFolder = (path: string, listener: (event: string, name: string | null) => void) => FolderWatch;

interface FolderWatch {
  readonly on: (event: 'error', listener: (error: Error) => void) => unknown;
  readonly close: () => void;
}

/** Milliseconds between a change and the end of the wait: several changes, such as those of a deployment, are one. */
const settleTime = 500;

interface Watched {
  /** Of the folder, which may be replaced by another one with the same path. */
  readonly identity: string;
  readonly close: () => void;
}

export function createFolderWatcher({ logger, watchFolder = watch }: FolderWatcherOptions): FolderWatcher {
  const open = new Map<string, Watched>();
  let wanted: WatchedFolders = new Map();
  let isClosed = false;
  const changes = createChanges();
  const noteFailure = createFailureNote(logger);

  const close = (path: string) => {
    open.get(path)?.close();
    open.delete(path);
  };
  const start = (path: string, identity: string) => {
    try {
      const watcher = watchFolder(path, (event, name) => {
        // The folder itself was removed or renamed. The next one with this path may have the same identity.
        const isGone = event === 'rename' && name === basename(path);
        if (isGone) close(path);
        if (isGone || matters(wanted.get(path), name)) changes.note();
      });
      open.set(path, { identity, close: () => watcher.close() });
      watcher.on('error', (error) => {
        close(path);
        noteFailure(path, error);
      });
    } catch (error) {
      noteFailure(path, error);
    }
  };
  return {
    follow: async (folders) => {
      // Watching a folder of a file system that does not respond would block the process. `stat` has a thread of its
      // own.
      const identities = new Map<string, string | undefined>();
      for (const path of folders.keys()) identities.set(path, await identityOf(path));
      if (isClosed) return;
      wanted = folders;
      for (const [path, { identity }] of open) if (identities.get(path) !== identity) close(path);
      // The folders of the files are the last ones. They come first in case that a limit of watches is reached.
      for (const [path, identity] of [...identities].toReversed()) {
        if (identity !== undefined && !open.has(path)) start(path, identity);
      }
    },
    wait: changes.wait,
    close: () => {
      isClosed = true;
      for (const path of [...open.keys()]) close(path);
    },
  };
}

/** Returns undefined if there is no such folder. */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const found = await stat(path);
    return found.isDirectory() ? `${found.dev}:${found.ino}` : undefined;
  } catch {
    return undefined;
  }
}

/** Changes that have not led to the end of a wait yet. */
function createChanges(): { readonly note: () => void; readonly wait: FolderWatcher['wait'] } {
  let hasChanged = false;
  let wake = () => {};
  return {
    note: () => {
      hasChanged = true;
      wake();
    },
    wait: async (ms, signal) => {
      const woken = new AbortController();
      wake = () => woken.abort();
      if (!hasChanged) await sleep(ms, AbortSignal.any([signal, woken.signal]));
      if (hasChanged) await sleep(Math.min(ms, settleTime), signal);
      hasChanged = false;
    },
  };
}

/** The settings of Linux whose limits the errors report. */
const limits: Readonly<Record<string, string>> = {
  ENOSPC: 'fs.inotify.max_user_watches',
  EMFILE: 'fs.inotify.max_user_instances',
};

/** Logs once that changes in a folder are noticed later. */
function createFailureNote(logger: Logger): (path: string, error: unknown) => void {
  let isNoted = false;
  return (path, error) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    // The folder has just been removed, which is noticed in the one above it.
    if (isNoted || code === 'ENOENT') return;
    isNoted = true;
    const remedy = limits[code] === undefined ? '' : `; raise ${limits[code]}`;
    const why = `it cannot be watched: ${readFailure(error)}${remedy}`;
    logger.info({ folder: path }, `changes in ${path} are only noticed every refresh_interval, as ${why}`);
  };
}
