import type { Logger } from 'pino';
import { type Clock, sleep } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { equal } from '../config/equal.ts';
import { ConfigError, type Notice } from '../config/problem.ts';
import type { Replacement } from './clusters.ts';

/** Reads the configuration; rejects with a `ConfigError` if it cannot be used. */
export type Load = () => Promise<{ readonly config: Config; readonly notices: readonly Notice[] }>;

export interface Reloaded {
  readonly ok: boolean;
  /** What was changed, or why nothing was. */
  readonly message: string;
}

export interface ReloadOptions {
  readonly load: Load;
  /** The configuration at the start. */
  readonly started: Config;
  /** Replaces the clusters of the previous configuration; if this rejects, nothing has changed. */
  readonly apply: (config: Config) => Promise<Replacement>;
  /** Called after each attempt. */
  readonly record: (ok: boolean) => void;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface Reload {
  /**
   * At most one reload runs and one waits, until that has ended and a pause has passed: many requests cannot keep the
   * process busy. Requests during that time share the waiting reload, which reads the configuration after all of them.
   * Never rejects.
   */
  readonly reload: () => Promise<Reloaded>;
  /** Resolves when no reload is running; later ones are refused. */
  readonly end: () => Promise<void>;
}

/** Milliseconds within which the first polls of added and changed clusters start. */
const firstPollsWithin = 1_000;

/** The pause after a reload, as a multiple of the time that it took. */
const pauseFactor = 10;
/** Milliseconds. */
const maxPause = 1_000;

export function createReload(options: ReloadOptions): Reload {
  const { clock } = options;
  let last: Promise<unknown> = Promise.resolve();
  let paused: Promise<void> = Promise.resolve();
  let waiting: Promise<Reloaded> | undefined;
  const ending = new AbortController();

  const attemptAndPause = async (): Promise<Reloaded> => {
    waiting = undefined;
    if (ending.signal.aborted) return { ok: false, message: `${notChanged}: the exporter is stopping` };
    const begunAt = clock.monotonic();
    const result = await attempt(options);
    const pause = Math.min(pauseFactor * (clock.monotonic() - begunAt), maxPause);
    paused = sleep(pause, ending.signal);
    return result;
  };

  return {
    reload: () => {
      waiting ??= last.then(() => paused).then(attemptAndPause);
      last = waiting;
      return waiting;
    },
    end: async () => {
      ending.abort();
      await last;
    },
  };
}

async function attempt({ load, started, apply, record, logger }: ReloadOptions): Promise<Reloaded> {
  try {
    const { config, notices } = await load();
    const replacement = await apply(config);
    replacement.begin(firstPollsWithin);
    // Also changes the level of the clusters' loggers, which have none of their own.
    logger.level = config.log.level;
    record(true);
    for (const { message, ...details } of notices) logger.warn(details, message);
    const { unchanged, changed, added, removed } = replacement;
    const waiting = waitingForRestart(started, config);
    const message = `the configuration was read again: ${summary(replacement)}${waitingNote(waiting)}`;
    logger.info({ unchanged: unchanged.length, changed, added, removed, waiting }, message);
    return { ok: true, message };
  } catch (error) {
    record(false);
    return { ok: false, message: refusal(error, logger) };
  }
}

const notChanged = 'the configuration was not changed';

function refusal(error: unknown, logger: Logger): string {
  if (!(error instanceof ConfigError)) {
    logger.error({ err: error }, `${notChanged}: reading it failed unexpectedly`);
    return `${notChanged}: reading it failed unexpectedly; the log says why`;
  }
  logger.error({ problems: error.problems }, `${notChanged}. ${error.message}`);
  return `${notChanged}. ${error.message}`;
}

/** The settings that only a restart changes. */
const fixed: Readonly<Record<string, (config: Config) => unknown>> = {
  'web.listen_addresses': ({ web }) => web.listenAddresses,
  'web.telemetry_path': ({ web }) => web.telemetryPath,
  'web.external_url': ({ web }) => web.externalUrl,
  'web.allowed_hosts': ({ web }) => web.allowedHosts,
  'web.external_links': ({ web }) => web.externalLinks,
  'web.config.file': ({ web }) => web.configFile,
  'log.format': ({ log }) => log.format,
};

function waitingForRestart(started: Config, next: Config): readonly string[] {
  return Object.entries(fixed).flatMap(([key, value]) => (equal(value(started), value(next)) ? [] : [key]));
}

function waitingNote(waiting: readonly string[]): string {
  return waiting.length === 0 ? '' : `; a restart is needed to change ${waiting.join(', ')}`;
}

/** A large configuration has thousands of clusters. */
const maxNames = 10;

export function summary({ unchanged, changed, added, removed }: Replacement): string {
  const some = Object.entries({ changed, new: added, removed }).filter(([, names]) => names.length > 0);
  const texts = some.map(([what, names]) => `${names.length} ${what} (${listed(names)})`);
  return [`${unchanged.length} unchanged`, ...texts].join(', ');
}

function listed(names: readonly string[]): string {
  const more = names.length > maxNames ? `, and ${names.length - maxNames} more` : '';
  return `${names.slice(0, maxNames).join(', ')}${more}`;
}
