import { constants, fstatSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogConfig } from './config/config.ts';
import { toLogfmt } from './logfmt.ts';
import { errorText, escapeUnprintable } from './redact.ts';

/** Bytes of a line in JSON or logfmt. Docker and Kubernetes split longer lines. */
const maxLineLength = 16 * 1024;

/**
 * Creates the logger, which passes each line to `write`. Whatever its texts contain, an entry is a single line of
 * bounded length, without characters that a terminal would act on.
 */
export function createLogger({ level, format }: LogConfig, write: (line: string) => void): Logger {
  const encode = format === 'logfmt' ? (line: string) => toLogfmt(JSON.parse(line)) : escapeUnprintable;
  const finish = format === 'pretty' ? createPrettifier() : (line: string) => `${line}\n`;
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: errorText },
  };
  return pino(options, { write: (line) => write(finish(bounded(line.trimEnd(), encode))) });
}

/**
 * Encodes a line in JSON. Cuts its texts and lists until the result has at most `maxLineLength` bytes, and then sets
 * the field `truncated`.
 */
function bounded(line: string, encode: (line: string) => string): string {
  // A long line is cut first, as escaping takes time for each character.
  const whole = line.length <= maxLineLength ? encode(line) : undefined;
  if (whole !== undefined && Buffer.byteLength(whole) <= maxLineLength) return whole;
  const fields: Readonly<Record<string, unknown>> = JSON.parse(line);
  for (let maxLength = maxLineLength / 2; ; maxLength /= 2) {
    const cut = Object.entries(fields).map(([key, value]) => [key, truncated(value, maxLength)]);
    const shorter = encode(JSON.stringify({ ...Object.fromEntries(cut), truncated: true }));
    if (Buffer.byteLength(shorter) <= maxLineLength || maxLength <= 1) return shorter;
  }
}

/** Keeps `maxLength` characters of a text, and a tenth of that number of elements of a list. */
function truncated(value: unknown, maxLength: number): unknown {
  if (typeof value === 'string') {
    return value.length > maxLength ? `${value.slice(0, maxLength).replace(/\p{Cs}$/u, '')}…` : value;
  }
  if (Array.isArray(value)) return value.slice(0, maxLength / 10).map((each) => truncated(each, maxLength));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, truncated(each, maxLength)]));
}

function createPrettifier(): (line: string) => string {
  // Loaded only here: it would be a large part of the start time, and JSON does not need it.
  const { prettyFactory }: typeof import('pino-pretty') = createRequire(import.meta.url)('pino-pretty');
  return prettyFactory({ colorize: process.stderr.isTTY, hideObject: true, messageFormat: prettyMessage });
}

/** Indents every line but the first, so that none looks like another log entry. */
function prettyMessage({ cluster, err, ...log }: Readonly<Record<string, unknown>>, messageKey: string): string {
  const name = typeof cluster === 'string' ? `${JSON.stringify(cluster)}: ` : '';
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${err.stack}` : '';
  return `${name}${log[messageKey]}${stack}`.split('\n').map(escapeUnprintable).join('\n    ');
}

/** Bytes that are kept while the output cannot be written. Texts beyond that are lost. */
const maxPending = 1024 * 1024;
/** Milliseconds. */
const retryInterval = 50;
const exitTimeout = 1_000;

/**
 * Opens standard output or standard error for texts that must not block the process. They are written at once, and kept
 * in memory while the reader does not read. Once the output can be written again, `reportLost` is called with the
 * number of texts that were lost. At the exit of the process, pending texts have one second to be read.
 */
export function openOutput(fd: 1 | 2, reportLost: (count: number) => void): (text: string) => void {
  const stream = openDestination(fd);
  let errorCode: string | undefined;
  let lost = 0;
  let isRetrying = false;
  stream.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
    errorCode = code;
  });
  stream.on('drop', () => {
    lost++;
  });

  const write = (text: string) => {
    errorCode = undefined;
    stream.write(text);
    if (isRetrying || (errorCode === undefined && lost === 0)) return;
    isRetrying = true;
    setTimeout(writePending, retryInterval).unref();
  };
  const writePending = () => {
    isRetrying = false;
    write('');
    if (errorCode !== undefined || lost === 0) return;
    const count = lost;
    lost = 0;
    reportLost(count);
  };
  process.on('exit', () => {
    waitUntil(() => {
      writePending();
      return errorCode !== 'EAGAIN';
    });
  });
  return write;
}

function openDestination(fd: 1 | 2): ReturnType<typeof pino.destination> {
  const stream = pino.destination({
    fd: nonBlocking(fd),
    sync: true,
    maxLength: maxPending,
    // By default the main thread sleeps until the reader reads.
    retryEAGAIN: () => false,
  });
  // pino's own listener never writes again after EPIPE, but a named pipe may get another reader.
  return stream.removeAllListeners('error');
}

/** Blocks the thread for at most `exitTimeout`: at the exit there is no other work left. */
function waitUntil(condition: () => boolean): void {
  const deadline = performance.now() + exitTimeout;
  while (!condition() && performance.now() < deadline) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryInterval);
  }
}

/**
 * Returns a file descriptor to which writes never block. A terminal (which Ctrl-S stops) and a pipe are opened again,
 * because the flag O_NONBLOCK would otherwise apply to every process that shares them.
 */
function nonBlocking(fd: 1 | 2): number {
  // Reading process.stdout makes Node.js set pipes and sockets to non-blocking, for the case that opening again fails.
  const { isTTY } = fd === 1 ? process.stdout : process.stderr;
  if (!isTTY && !fstatSync(fd).isFIFO()) return fd;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return fd;
  }
}
