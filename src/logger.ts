import { constants, fstatSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogConfig } from './config/config.ts';
import { errorText, escapeUnprintable } from './redact.ts';

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

/** Bytes that wait where the output cannot be written; what comes beyond is lost. */
const maxWaiting = 1024 * 1024;
/** Milliseconds. */
const retryInterval = 50;
const exitTimeout = 1_000;

/**
 * Opens the standard output or the standard error for texts that must not hold the process: they are written at once,
 * and wait in memory where the reader does not read. `reportLost` is called with the number of texts that were lost,
 * once the output can be written again. At the exit of the process, what waits has one second to be read.
 */
export function openOutput(fd: 1 | 2, reportLost: (count: number) => void): (text: string) => void {
  const stream = pino.destination({
    fd: nonBlocking(fd),
    sync: true,
    maxLength: maxWaiting,
    // Otherwise the main thread sleeps until the reader reads.
    retryEAGAIN: () => false,
  });
  // pino's own listener gives up for good at EPIPE, but a named pipe may get another reader.
  stream.removeAllListeners('error');
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
    setTimeout(writeWaiting, retryInterval).unref();
  };
  const writeWaiting = () => {
    isRetrying = false;
    write('');
    if (errorCode !== undefined || lost === 0) return;
    const count = lost;
    lost = 0;
    reportLost(count);
  };
  process.on('exit', () => {
    waitUntil(() => {
      writeWaiting();
      return errorCode !== 'EAGAIN';
    });
  });
  return write;
}

/** Blocks the thread, for `exitTimeout` at most: at the exit nothing else is left to do. */
function waitUntil(condition: () => boolean): void {
  const deadline = performance.now() + exitTimeout;
  while (!condition() && performance.now() < deadline) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryInterval);
  }
}

/**
 * Returns a descriptor to which a write never blocks. A terminal (after Ctrl-S) and a pipe are opened once more, since
 * the flag O_NONBLOCK would otherwise hold for each process that shares them.
 */
function nonBlocking(fd: 1 | 2): number {
  // Node.js makes pipes and sockets non-blocking when it opens its own stream: what follows may fail, or is for Linux.
  const { isTTY } = fd === 1 ? process.stdout : process.stderr;
  if (!isTTY && !fstatSync(fd).isFIFO()) return fd;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return fd;
  }
}
