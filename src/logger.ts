import { type Logger, pino, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';
import type { LogConfig } from './config/config.ts';

/** Writes to the standard error, at once: a log that comes later is of no use when the process ends. */
export function createLogger({ level, format }: LogConfig): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const stderr = 2;
  return format === 'json'
    ? pino(options, pino.destination({ fd: stderr, sync: true }))
    : pino(
        options,
        pretty({
          destination: stderr,
          sync: true,
          colorize: process.stderr.isTTY,
          hideObject: true,
          messageFormat: prettyMessage,
        }),
      );
}

function prettyMessage(log: Readonly<Record<string, unknown>>, messageKey: string): string {
  const message = String(log[messageKey]);
  return typeof log.cluster === 'string' ? `${JSON.stringify(log.cluster)}: ${message}` : message;
}
