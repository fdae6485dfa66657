import type { Logger } from 'pino';
import { earliestExpiry } from '../certificates.ts';
import { type Clock, within } from '../clock.ts';
import type { LoadedWebConfig, Users, WebConfigFile } from './config.ts';
import {
  contentsOf,
  createFileSetReader,
  digestsOf,
  type FileContents,
  type FileDigests,
  type ReadFileAsync,
  readFileInTurn,
  readFiles,
  readFrom,
  rereadTimeout,
} from './file-reader.ts';
import { ConfigError, type Problem } from './problem.ts';
import { describeWebConfig, loadWebConfig } from './web-config.ts';

export interface WebConfigWatcher {
  /** The web configuration in use. */
  readonly current: () => WebConfigFile;
  /** Looks for changes first, at most once a second. Never rejects, and waits for at most a second. */
  readonly refreshed: () => Promise<WebConfigFile>;
  /** Calls the follower with the result of the last reading now, and with each further one. */
  readonly follow: (follower: Follower) => void;
}

/** The expiry (Unix time in milliseconds) is that of the certificate that is served; undefined without TLS. */
type Follower = (succeeded: boolean, certificateExpiry: number | undefined) => void;

export interface WebConfigWatcherOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly readFile?: ReadFileAsync;
}

/**
 * Begins with the web configuration as it was loaded, and reads it again when the file or a file that it names has
 * changed. If the new content cannot be used, the last good one stays in use.
 */
export function createWebConfigWatcher(
  loaded: LoadedWebConfig,
  { logger, clock, readFile = readFileInTurn }: WebConfigWatcherOptions,
): WebConfigWatcher {
  const { path } = loaded;
  const read = createFileSetReader(readFile);
  let { file: inUse, digests } = loaded;
  let problems: readonly Problem[] = [];
  let follower: Follower = () => {};
  const notify = () => follower(problems.length === 0, inUse.tls && earliestExpiry(inUse.tls.cert));

  const update = async () => {
    const reading = await read(digests, never);
    if (reading.status !== 'changed') return;
    const hadFailed = problems.length > 0;
    const next = await readChanged(path, inUse, reading.contents, readFile);
    ({ digests, problems } = next);
    if (next.file === undefined) {
      logger.error({ problems }, `the last good web configuration stays in use. ${new ConfigError(problems).message}`);
    } else {
      inUse = { ...next.file, users: sameUsers(next.file.users, inUse.users) ? inUse.users : next.file.users };
      const message = hadFailed ? 'the web configuration can be used again' : 'the web configuration has changed';
      logger.info({ file: path }, message);
    }
    notify();
  };
  const updateOncePerSecond = throttled(update, clock);
  return {
    current: () => inUse,
    refreshed: async () => {
      await updateOncePerSecond();
      return inUse;
    },
    follow: (next) => {
      follower = next;
      notify();
    },
  };
}

const never = new AbortController().signal;

interface Update {
  readonly digests: FileDigests;
  /** Undefined if there are problems. */
  readonly file: WebConfigFile | undefined;
  readonly problems: readonly Problem[];
}

async function readChanged(
  path: string,
  inUse: WebConfigFile,
  contents: FileContents,
  readFile: ReadFileAsync,
): Promise<Update> {
  const description = describeWebConfig(path, readFrom(contents));
  const added = description.paths.filter((named) => !contents.has(named));
  const all = readFrom(new Map([...contents, ...(await readFiles(added, readFile, rereadTimeout))]));
  const file = loadWebConfig(description, all)?.file;
  const problems = file ? changesOfProtection(path, inUse, file) : description.problems;
  const digests = digestsOf(contentsOf([path, ...description.paths], all));
  return { digests, file: problems.length === 0 ? file : undefined, problems };
}

/**
 * A file that is being written may be truncated for a moment and still be valid. It must not disable TLS, passwords or
 * the verification of clients.
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

function sameUsers(one: Users, other: Users): boolean {
  return one.size === other.size && [...one].every(([username, hash]) => other.get(username)?.equals(hash) === true);
}

/** Milliseconds. */
const updateInterval = 1_000;
const updateTimeout = 1_000;

/**
 * Returns a function that runs the update at most once a second, and waits for it until a second has passed since it
 * began.
 */
function throttled(update: () => Promise<void>, clock: Clock): () => Promise<void> {
  let begunAt = clock.monotonic();
  let underWay: Promise<void> | undefined;
  return async () => {
    if (!underWay && clock.monotonic() - begunAt >= updateInterval) {
      begunAt = clock.monotonic();
      underWay = update().finally(() => {
        underWay = undefined;
      });
    }
    const timeLeft = begunAt + updateTimeout - clock.monotonic();
    if (underWay && timeLeft > 0) await within(timeLeft, underWay);
  };
}
