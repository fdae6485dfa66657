import type { Logger } from 'pino';
import { errorText } from './error-text.ts';
import { escapeUnprintable } from './unprintable.ts';

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
