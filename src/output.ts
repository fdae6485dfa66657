import { constants, fstatSync, openSync } from 'node:fs';
import { pino } from 'pino';

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
