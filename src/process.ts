import { constants } from 'node:os';
import type { Logger } from 'pino';
import { errorText, escapeUnprintable } from './redact.ts';

export interface Signals {
  /** Aborts, with its name, at the first SIGTERM or SIGINT. */
  readonly stop: AbortSignal;
  /** As if that signal had come. The second one ends the process at once. */
  readonly askToStop: (name: NodeJS.Signals) => void;
  /** Whom to tell of SIGHUP; one that came before is told now. */
  readonly followHangUps: (follow: () => void) => void;
}

/** From now on no signal is lost, nor ends the process unasked. */
export function receiveSignals(): Signals {
  const stopping = new AbortController();
  const askToStop: Signals['askToStop'] = (name) => {
    if (stopping.signal.aborted) process.exit(128 + constants.signals[name]);
    stopping.abort(name);
  };
  // Without a listener Node.js opens its debugger, which can read the environment's secrets.
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

/** Where it is told from now on; before, on the standard error. */
export function tellTheUnexpectedTo(logger: Logger): void {
  log = logger;
}

/** Half an exporter would go on answering as if nothing were wrong. */
export function endByTheUnexpected(error: unknown): never {
  try {
    const { message, stack } = errorText(error);
    if (log) log.fatal({ err: error }, `ended by an unexpected error: ${message}`);
    else process.stderr.write(`${stack.split('\n').map(escapeUnprintable).join('\n')}\n`);
  } finally {
    process.exit(1);
  }
}
