import { isUtf8 } from 'node:buffer';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants as system } from 'node:os';
import { getSystemErrorMessage } from 'node:util';
import { certificatesIn } from '../certificates.ts';
import { Secret } from '../secret.ts';
import { secret } from './formats.ts';

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

/** A file holds text in another encoding than UTF-8. The message says which, as far as the bytes show it. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError';
  /** Stands behind the name of the file: `:2:5`, line and column; empty where all of the file is meant. */
  readonly position: string;

  constructor(found: string, position: string) {
    super(found);
    this.position = position;
  }
}

const utf8Mark = Buffer.from([0xef, 0xbb, 0xbf]);
const utf16Marks = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];

/** Drops the byte order mark of UTF-8. Throws an `EncodingError` where the mark is that of UTF-16. */
function withoutByteOrderMark(content: Buffer): Buffer {
  if (utf16Marks.some((mark) => startsWith(content, mark))) {
    throw new EncodingError('UTF-16', '');
  }
  return startsWith(content, utf8Mark) ? content.subarray(utf8Mark.length) : content;
}

/** A file's text without its byte order mark. Throws an `EncodingError` where it is not UTF-8. */
export function textOf(content: Buffer): string {
  const bytes = withoutByteOrderMark(content);
  const text = bytes.toString();
  if (!isUtf8(bytes)) {
    const before = text.slice(0, text.indexOf('\uFFFD')).split('\n');
    throw new EncodingError(
      'a byte of another encoding, such as Latin-1',
      `:${before.length}:${(before.at(-1) ?? '').length + 1}`,
    );
  }
  return text;
}

/** PEM is ASCII. What stands beside it may be of any encoding that has ASCII in it. */
export function pemOf(content: Buffer): string {
  return withoutByteOrderMark(content).toString('latin1');
}

function startsWith(content: Buffer, mark: Buffer): boolean {
  return content.subarray(0, mark.length).equals(mark);
}

/** Gives a file's content, or throws the error of the operating system. */
export type ReadFile = (path: string) => Buffer;

/** Why a file could not be read, without its content. */
export function readFailure(error: unknown): string {
  const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : Number.NaN;
  return Number.isInteger(errno) ? getSystemErrorMessage(errno) : 'it cannot be read';
}

/** A secret file's content without the newlines that editors put at its end. */
export function secretInFile(content: Buffer): Secret {
  const text = textOf(content);
  let end = text.length;
  while (text[end - 1] === '\n') {
    end -= text[end - 2] === '\r' ? 2 : 1;
  }
  return secret(text.slice(0, end));
}

/** One or more PEM certificates (RFC 7468), the last one whole too; other text between them is allowed. */
export function certificates(content: Buffer): string {
  const text = pemOf(content);
  const blocks = certificatesIn(text);
  const begun = text.split('-----BEGIN CERTIFICATE-----').length - 1;
  if (begun === 0 || blocks.length < begun || !blocks.every((block) => parses(() => new X509Certificate(block)))) {
    throw new Error('PEM certificates');
  }
  return text;
}

export function privateKey(content: Buffer): Secret {
  const pem = pemOf(content);
  if (!parses(() => createPrivateKey(pem))) {
    throw new Error('a PEM private key that is not encrypted');
  }
  return new Secret(pem);
}

/** Whether a client certificate was issued for this key. */
export function belongTogether(certificate: string, key: Secret): boolean {
  return new X509Certificate(certificatesIn(certificate)[0] ?? certificate).checkPrivateKey(
    createPrivateKey(key.open()),
  );
}

function parses(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
