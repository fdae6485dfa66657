import { closeSync, constants, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants as system } from 'node:os';

/** More than a Kubernetes Secret or ConfigMap holds. */
const mostBytes = 1024 * 1024;

/** The content of a file of at most 1 MiB. Throws the system's error. */
export function readFileNow(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(mostBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(file, buffer, length, buffer.length - length, null);
    }
    return bounded(buffer.subarray(0, length));
  } finally {
    closeSync(file);
  }
}

let last: Promise<unknown> = Promise.resolve();

/**
 * The same without waiting, one file after the other in the whole process: a file system that does not answer holds one
 * thread of the pool, and the others go on looking up names for the polls.
 */
export function readFileInTurn(path: string): Promise<Buffer> {
  const reading = last.then(() => readFileInBackground(path));
  last = reading.catch(() => {});
  return reading;
}

async function readFileInBackground(path: string): Promise<Buffer> {
  // Nobody may ever write to a pipe: opening it must not wait for that.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const chunks: Buffer[] = [];
  for await (const chunk of file.createReadStream({ end: mostBytes })) chunks.push(chunk);
  return bounded(Buffer.concat(chunks));
}

function bounded(content: Buffer): Buffer {
  if (content.length <= mostBytes) return content;
  throw Object.assign(new Error('a file of more than 1 MiB'), { errno: -system.errno.EFBIG });
}
