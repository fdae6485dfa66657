import { withDeadline } from '../clock.ts';
import type { ClusterConfig, ClusterFiles } from './config.ts';
import { readFileInTurn } from './files.ts';
import { ConfigError, lineOf } from './problem.ts';

/** The cluster as its files describe it now: the same one where they did not change. */
export type Reread =
  | { readonly ok: true; readonly cluster: ClusterConfig }
  /** What is wrong with them, one a line; no content. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the files of a configuration again. Never rejects, and never waits for long. */
export type Rereader = (files: ClusterFiles, signal: AbortSignal) => Promise<Reread>;

/** Milliseconds that a poll waits for its files. */
const patience = 1_000;
/** Of files that change meanwhile. */
const mostReadings = 3;

type Contents = ReadonlyMap<string, Buffer | Error>;

/** For one cluster, whose paths stay what they are. */
export function createRereader(readFile = readFileInTurn): Rereader {
  let reading: Promise<Contents> | undefined;

  const readAll = async (paths: readonly string[]): Promise<Contents> => {
    const contents = new Map<string, Buffer | Error>();
    for (const path of paths) contents.set(path, await readFile(path).catch((error: Error) => error));
    return contents;
  };

  /** A certificate and its key may be replaced between one file and the other: two readings must agree. */
  const readSettled = async (paths: readonly string[]): Promise<Contents> => {
    let contents = await readAll(paths);
    for (let readings = 1; readings < mostReadings; readings++) {
      const before = contents;
      contents = await readAll(paths);
      if (paths.every((path) => isSame(before.get(path), contents.get(path)))) break;
    }
    return contents;
  };

  return async ({ paths, rebuild }, signal) => {
    // What another poll waited for in vain is not waited for again, but taken once it is there.
    const wait = reading ? 0 : patience;
    reading ??= readSettled(paths);
    const contents = await within(wait, signal, reading);
    if (!contents) return { ok: false, problems: [`${paths.join(', ')}: not read within ${patience / 1000} s`] };
    reading = undefined;
    try {
      return { ok: true, cluster: rebuild((path) => contentOf(contents, path)) };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { ok: false, problems: error.problems.map(lineOf) };
    }
  };
}

function isSame(one: Buffer | Error | undefined, other: Buffer | Error | undefined): boolean {
  return one instanceof Buffer && other instanceof Buffer
    ? one.equals(other)
    : !(one instanceof Buffer || other instanceof Buffer);
}

function contentOf(contents: Contents, path: string): Buffer {
  const content = contents.get(path);
  if (content instanceof Buffer) return content;
  throw content ?? new Error('not one of the files');
}

/** Undefined where it takes longer, or the signal aborts. */
async function within<T>(ms: number, signal: AbortSignal, promise: Promise<T>): Promise<T | undefined> {
  return withDeadline(ms, signal, (deadline) => {
    const tooLate = new Promise<undefined>((resolve) => {
      if (deadline.aborted) resolve(undefined);
      deadline.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    return Promise.race([promise, tooLate]);
  });
}
