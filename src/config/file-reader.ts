import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { constants as system } from 'node:os';
import { getSystemErrorMessage } from 'node:util';
import { sleep, within } from '../clock.ts';

/** The maximum size of a Kubernetes Secret or ConfigMap. */
const maxBytes = 1024 * 1024;
const chunkBytes = 64 * 1024;

export type ReadFileAsync = (path: string) => Promise<Buffer>;

/**
 * Returns a function that reads files of at most 1 MiB, one after the other. It rejects with the error of the operating
 * system. A file system that does not respond blocks only one thread of Node's pool, so that the others still resolve
 * names for the polls. `pipeTimeout` is how long it waits for the content of a pipe that has a writer, in milliseconds.
 */
export function createFileReader(pipeTimeout = 0): ReadFileAsync {
  let last: Promise<unknown> = Promise.resolve();
  return (path) => {
    const reading = last.then(() => readBounded(path, pipeTimeout));
    last = reading.catch(() => {});
    return reading;
  };
}

/** Reads the files that are read again while the exporter runs. */
export const readFileInTurn = createFileReader();

async function readBounded(path: string, pipeTimeout: number): Promise<Buffer> {
  // With O_NONBLOCK, opening a pipe does not wait for a writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const giveUpAt = performance.now() + pipeTimeout;
    const chunks: Buffer[] = [];
    for (let length = 0; length <= maxBytes; ) {
      const chunk = await readChunk(file, giveUpAt);
      if (chunk.length === 0) return Buffer.concat(chunks);
      chunks.push(chunk);
      length += chunk.length;
    }
  } finally {
    await file.close();
  }
  throw Object.assign(new Error('a file of more than 1 MiB'), { errno: -system.errno.EFBIG });
}

async function readChunk(file: FileHandle, giveUpAt: number): Promise<Buffer> {
  for (;;) {
    try {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(chunkBytes));
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      const isEmptyPipe = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
      if (!isEmptyPipe || performance.now() >= giveUpAt) throw error;
      await sleep(pipePause, never);
    }
  }
}

/** Milliseconds. */
const pipePause = 10;
const never = new AbortController().signal;

/** Returns why a file could not be read, without its content. */
export function readFailure(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return error.message;
  const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : Number.NaN;
  return Number.isInteger(errno) ? getSystemErrorMessage(errno) : 'it cannot be read';
}

/** By path: what a file held when it was read, or why it could not be read. */
export type FileContents = ReadonlyMap<string, Buffer | Error>;

/** Returns a file's content, or throws why it could not be read. */
export type ReadFile = (path: string) => Buffer;

export function readFrom(contents: FileContents): ReadFile {
  return (path) => {
    const content = contents.get(path);
    if (content instanceof Buffer) return content;
    throw content ?? new Error(`${path} has not been read`);
  };
}

/** Reads files by a function that returns their content or throws. */
export function contentsOf(paths: readonly string[], readFile: ReadFile): FileContents {
  const contentOf = (path: string): Buffer | Error => {
    try {
      return readFile(path);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };
  return new Map(paths.map((path) => [path, contentOf(path)]));
}

/**
 * Reads files one after the other; never rejects. If one takes longer than `timeout`, in milliseconds, this one and
 * those that follow have that as their error.
 */
export async function readFiles(
  paths: Iterable<string>,
  readFile: ReadFileAsync,
  timeout: number,
): Promise<FileContents> {
  const contents = new Map<string, Buffer | Error>();
  let timeoutError: Error | undefined;
  for (const path of new Set(paths)) {
    const content = timeoutError ?? (await within(timeout, readOrError(path, readFile)));
    if (content === undefined) timeoutError = new DOMException(notReadWithin(timeout), 'TimeoutError');
    contents.set(path, content ?? timeoutError ?? new Error(path));
  }
  return contents;
}

function readOrError(path: string, readFile: ReadFileAsync): Promise<Buffer | Error> {
  return readFile(path).catch((error: Error) => error);
}

export function notReadWithin(timeout: number): string {
  return `not read within ${timeout / 1000} s`;
}

/**
 * By path: the SHA-256 of what a file held, or why it could not be read. Shows whether a file has changed, without
 * keeping its secrets in memory.
 */
export type FileDigests = Readonly<Record<string, string>>;

export function digestsOf(contents: FileContents): FileDigests {
  const digests = [...contents].map(([path, content]) => [
    path,
    content instanceof Error ? content.message : createHash('sha256').update(content).digest('base64'),
  ]);
  return Object.fromEntries(digests);
}

function isSame(one: FileDigests, other: FileDigests): boolean {
  return Object.entries(one).every(([path, digest]) => other[path] === digest);
}

/** What files hold now, compared with what they held before. */
export type FileSetReading =
  | { readonly status: 'unchanged' }
  | { readonly status: 'changed'; readonly contents: FileContents }
  | { readonly status: 'timeout' };

/** Reads the files of `held` again. Never rejects, and waits for at most the timeout, by default a second. */
export type FileSetReader = (held: FileDigests, signal: AbortSignal) => Promise<FileSetReading>;

/** Milliseconds. */
export const rereadTimeout = 1_000;
/** The maximum for files that change during the reading. */
const maxReadings = 3;

/** The reader is for one set of files and for one call at a time. `timeout` in milliseconds. */
export function createFileSetReader(readFile: ReadFileAsync, timeout = rereadTimeout): FileSetReader {
  let unfinished: Promise<FileContents> | undefined;
  return async (held, signal) => {
    // If a previous call has timed out, this one does not wait for its reading. A slow file system may finish it
    // between two calls: then its contents are used unless the files can be read again in time.
    const late = unfinished && (await within(0, unfinished, signal));
    if (unfinished && !late) return { status: 'timeout' };
    const reading = readSettled(held, readFile);
    const contents = await within(timeout, reading, signal);
    unfinished = contents ? undefined : reading;
    const latest = contents ?? late;
    if (!latest) return { status: 'timeout' };
    return isSame(held, digestsOf(latest)) ? { status: 'unchanged' } : { status: 'changed', contents: latest };
  };
}

/** A certificate and its key may be replaced between one file and the other, so two readings of a change must agree. */
async function readSettled(held: FileDigests, readFile: ReadFileAsync): Promise<FileContents> {
  let before = held;
  for (let readings = 1; ; readings++) {
    const contents = new Map<string, Buffer | Error>();
    for (const path of Object.keys(held)) contents.set(path, await readOrError(path, readFile));
    const digests = digestsOf(contents);
    if (readings === maxReadings || isSame(before, digests)) return contents;
    before = digests;
  }
}
