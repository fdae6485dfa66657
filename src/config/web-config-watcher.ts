import type { Logger } from 'pino';
import { earliestExpiry } from '../certificates.ts';
import { type Clock, sleep } from '../clock.ts';
import { type ReadFile, readFileInTurn, readFileNow } from './files.ts';
import { ConfigError, type Problem } from './problem.ts';
import { readWebConfig, type WebConfigFile } from './web-config.ts';
import { sameUsers } from './web-table.ts';

export interface WebConfigWatch {
  /** What is in use. */
  readonly current: () => WebConfigFile;
  /** The same, after a look at whether a file has changed. Never rejects, and waits for no file system for long. */
  readonly refreshed: () => Promise<WebConfigFile>;
  /** Tells of the last reading now, and of each one that follows. */
  readonly follow: (follower: Follower) => void;
}

/** The expiry (Unix time in milliseconds) is that of what is served, where TLS is on. */
type Follower = (succeeded: boolean, certificateExpiry: number | undefined) => void;

export interface WebConfigOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  /** Reads a file again. */
  readonly readAgain?: (path: string) => Promise<Buffer>;
}

/** Milliseconds. */
const betweenLooks = 1_000;
const patience = 1_000;

/** What was in the files, or why there was nothing. */
type Contents = ReadonlyMap<string, Buffer | Error>;

/**
 * Reads the file now, which throws a `ConfigError`, and again when it or a file that it names changes: looked at when
 * somebody comes, at most once a second. Where what is there then cannot be used, the last good one stays.
 */
export function openWebConfig(
  path: string,
  { logger, clock, readAgain = readFileInTurn }: WebConfigOptions,
): WebConfigWatch {
  let { contents, file, problems } = readAll(path, readFileNow);
  if (file === undefined) throw new ConfigError(problems);
  let inUse = file;
  let lookedAt = clock.monotonic();
  let looking: Promise<void> | undefined;
  let follower: Follower = () => {};
  const tell = () => follower(problems.length === 0, inUse.tls && earliestExpiry(inUse.tls.cert));

  const look = async () => {
    const found = new Map(await Promise.all([...contents.keys()].map((name) => contentNow(name, readAgain))));
    if ([...contents].every(([name, content]) => isSame(content, found.get(name)))) return;
    const hadFailed = problems.length > 0;
    ({ contents, file, problems } = readAll(path, (name) => contentIn(found, name), inUse));
    if (file === undefined) {
      logger.error({ problems }, `the last good web configuration stays, as ${new ConfigError(problems).message}`);
    } else {
      inUse = { ...file, users: sameUsers(file.users, inUse.users) ? inUse.users : file.users };
      logger.info(
        { file: path },
        hadFailed ? 'the web configuration can be used again' : 'the web configuration has changed',
      );
    }
    tell();
  };
  return {
    current: () => inUse,
    refreshed: async () => {
      if (!looking && clock.monotonic() - lookedAt >= betweenLooks) {
        lookedAt = clock.monotonic();
        looking = look().finally(() => {
          looking = undefined;
        });
      }
      const timeLeft = lookedAt + patience - clock.monotonic();
      if (looking && timeLeft > 0) await atMost(timeLeft, looking);
      return inUse;
    },
    follow: (next) => {
      follower = next;
      tell();
    },
  };
}

interface Reading {
  readonly contents: Contents;
  /** Undefined where there are problems. */
  readonly file: WebConfigFile | undefined;
  readonly problems: readonly Problem[];
}

function readAll(path: string, readFile: ReadFile, inUse?: WebConfigFile): Reading {
  const contents = new Map<string, Buffer | Error>();
  const problems: Problem[] = [];
  const file = readWebConfig(path, (name) => remembering(contents, name, readFile), problems);
  if (file && inUse && problems.length === 0) problems.push(...changesOfProtection(path, inUse, file));
  return { contents, file: problems.length === 0 ? file : undefined, problems };
}

/**
 * A file that is being written loses its end for a moment, and may be valid without it: what keeps people out must not
 * go away like that.
 */
function changesOfProtection(path: string, inUse: WebConfigFile, next: WebConfigFile): readonly Problem[] {
  const before = protectionOf(inUse);
  const after = protectionOf(next);
  return [...before].flatMap(([key, expected]) => {
    const found = after.get(key) ?? 'none';
    return found === expected
      ? []
      : [{ place: `${path}: ${key}`, expected: `${expected}, as at the start (to change that, restart)`, found }];
  });
}

function protectionOf({ tls, users }: WebConfigFile): ReadonlyMap<string, string> {
  const isThere = (thing: unknown) => (thing ? 'some' : 'none');
  return new Map([
    ['tls_server_config', isThere(tls)],
    ['tls_server_config.client_auth_type', tls?.clientAuthType ?? 'none'],
    ['tls_server_config.client_allowed_sans', isThere(tls?.clientAllowedSans)],
    ['basic_auth_users', isThere(users.size)],
  ]);
}

/** Reads, and keeps what came. */
function remembering(contents: Map<string, Buffer | Error>, name: string, readFile: ReadFile): Buffer {
  try {
    const content = readFile(name);
    contents.set(name, content);
    return content;
  } catch (error) {
    contents.set(name, asError(error));
    throw error;
  }
}

async function contentNow(
  name: string,
  readFile: (path: string) => Promise<Buffer>,
): Promise<readonly [string, Buffer | Error]> {
  return [name, await readFile(name).catch(asError)];
}

/** A file that was not named before is read at once. */
function contentIn(found: Contents, name: string): Buffer {
  const content = found.get(name) ?? readFileNow(name);
  if (content instanceof Error) throw content;
  return content;
}

function isSame(one: Buffer | Error, other: Buffer | Error | undefined): boolean {
  return one instanceof Error
    ? other instanceof Error && other.message === one.message
    : Buffer.isBuffer(other) && other.equals(one);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

async function atMost(ms: number, work: Promise<void>): Promise<void> {
  const done = new AbortController();
  void work.finally(() => done.abort());
  await sleep(ms, done.signal);
}
