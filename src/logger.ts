import { createRequire } from 'node:module';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogConfig } from './config/config.ts';
import { errorText } from './error-text.ts';
import { escapeUnprintable } from './unprintable.ts';

/** Bytes of a line in JSON. Docker and Kubernetes split longer ones. */
const maxLineLength = 16 * 1024;

/**
 * Creates the logger, which hands each line to `write`. Whatever its texts come from, a line stays one line, has a
 * bounded length and nothing in it that a terminal would act on.
 */
export function createLogger({ level, format }: LogConfig, write: (line: string) => void): Logger {
  const render = format === 'json' ? (line: string) => `${line}\n` : createPrettifier();
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: errorText },
  };
  return pino(options, { write: (line) => write(render(bounded(line.trimEnd()))) });
}

/** Cuts texts and lists until the line has at most `maxLineLength`; it says so in its field `truncated`. */
function bounded(line: string): string {
  // A long line is cut before its characters are looked at one by one.
  const whole = line.length <= maxLineLength ? escapeUnprintable(line) : undefined;
  if (whole !== undefined && Buffer.byteLength(whole) <= maxLineLength) return whole;
  const fields: Readonly<Record<string, unknown>> = JSON.parse(line);
  for (let maxLength = maxLineLength / 2; ; maxLength /= 2) {
    const cut = Object.entries(fields).map(([key, value]) => [key, truncated(value, maxLength)]);
    const shorter = escapeUnprintable(JSON.stringify({ ...Object.fromEntries(cut), truncated: true }));
    if (Buffer.byteLength(shorter) <= maxLineLength || maxLength <= 1) return shorter;
  }
}

/** Keeps `maxLength` characters of a text, and a tenth as many elements of a list. */
function truncated(value: unknown, maxLength: number): unknown {
  if (typeof value === 'string') {
    return value.length > maxLength ? `${value.slice(0, maxLength).replace(/\p{Cs}$/u, '')}…` : value;
  }
  if (Array.isArray(value)) return value.slice(0, maxLength / 10).map((each) => truncated(each, maxLength));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, truncated(each, maxLength)]));
}

function createPrettifier(): (line: string) => string {
  // Loaded here alone: for machines it would be a good part of the start.
  const { prettyFactory }: typeof import('pino-pretty') = createRequire(import.meta.url)('pino-pretty');
  return prettyFactory({ colorize: process.stderr.isTTY, hideObject: true, messageFormat: prettyMessage });
}

/** Indents every line but the first, so that none can pass for a line of the log. */
function prettyMessage({ cluster, err, ...log }: Readonly<Record<string, unknown>>, messageKey: string): string {
  const name = typeof cluster === 'string' ? `${JSON.stringify(cluster)}: ` : '';
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${err.stack}` : '';
  return `${name}${log[messageKey]}${stack}`.split('\n').map(escapeUnprintable).join('\n    ');
}
