import { constants } from 'node:os';
import type { Logger } from 'pino';
import { errorText, escapeUnprintable } from './redact.ts';

export interface Signals {
  /** Aborts at the first SIGTERM or SIGINT; the reason is the name of the signal. */
  readonly stop: AbortSignal;
  /** Acts as if that signal had arrived. A second signal ends the process at once. */
  readonly askToStop: (name: NodeJS.Signals) => void;
  /** Sets the function to call at each SIGHUP. Calls it at once if a SIGHUP has already arrived. */
  readonly followHangUps: (follow: () => void) => void;
}

/** Handles signals from now on, so that none is lost or ends the process by Node.js's default. */
export function receiveSignals(): Signals {
  const stopping = new AbortController();
  const askToStop: Signals['askToStop'] = (name) => {
    if (stopping.signal.aborted) process.exit(128 + constants.signals[name]);
    stopping.abort(name);
  };
  // Without a listener, SIGUSR1 makes Node.js open its debugger, which can read secrets in the environment.
  process.on('SIGUSR1', () => {});
  process.on('SIGTERM', askToStop);
  process.on('SIGINT', askToStop);

  let hungUp = false;
  let hangUp = () => {
    hungUp = true;
  };
  process.on('SIGHUP', () => hangUp());
  return {
    stop: stopping.signal,
    askToStop,
    followHangUps: (follow) => {
      hangUp = follow;
      if (hungUp) follow();
    },
  };
}

let log: Logger | undefined;

/** Sets the log for crashes. Until then they are written to standard error. */
export function logCrashesTo(logger: Logger): void {
  log = logger;
}

/** Logs an unexpected error and ends the process: it must not continue in an undefined state. */
export function crash(error: unknown): never {
  try {
    const { message, stack } = errorText(error);
    if (log) log.fatal({ err: error }, `ended by an unexpected error: ${message}`);
    else process.stderr.write(`${stack.split('\n').map(escapeUnprintable).join('\n')}\n`);
  } finally {
    process.exit(1);
  }
}
