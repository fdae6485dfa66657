import { createRequire } from 'node:module';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogConfig } from './config/config.ts';
import { errorText } from './error-text.ts';

/** Bytes that wait where the log cannot be written; what comes beyond is lost. */
const mostWaiting = 1024 * 1024;

/** Writes to the standard error, at once: a log that comes later is of no use when the process ends. */
export function createLogger({ level, format }: LogConfig): Logger {
  const stderr = pino.destination({ fd: 2, sync: true, maxLength: mostWaiting });
  // A full disk, or a reader that is gone: no reason to stop watching clusters.
  stderr.on('error', () => {});
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: errorText },
  };
  if (format === 'json') return pino(options, stderr);
  const prettify = createPrettifier();
  return pino(options, { write: (line) => stderr.write(prettify(line)) });
}

function createPrettifier(): (line: string) => string {
  // Loaded here alone: for machines it would be a good part of the start.
  const { prettyFactory }: typeof import('pino-pretty') = createRequire(import.meta.url)('pino-pretty');
  return prettyFactory({ colorize: process.stderr.isTTY, hideObject: true, messageFormat: prettyMessage });
}

function prettyMessage(log: Readonly<Record<string, unknown>>, messageKey: string): string {
  const message = String(log[messageKey]);
  const { err } = log;
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${err.stack}` : '';
  return `${typeof log.cluster === 'string' ? `${JSON.stringify(log.cluster)}: ` : ''}${message}${stack}`;
}
