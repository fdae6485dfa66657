import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { brotliDecompress, constants, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib';
import { type Dispatcher, errors } from 'undici';
import { rejectWhenAborted } from '../clock.ts';
import type { UnreadableBody } from '../failure.ts';
import { shareOfMemory } from '../memory.ts';

/**
 * A body as text, without a byte order mark. Bytes that are not UTF-8, as JSON must be (RFC 8259, 8.1), become U+FFFD.
 */
export interface BodyText {
  readonly body: string;
  readonly isUtf8: boolean;
  /** Why the body could not be read, and the text is empty. Its `coding` is not redacted. */
  readonly unreadable?: UnreadableBody;
}

/** Limits in bytes, for the body as it arrives and for the decoded one. */
export interface BodyLimits {
  /** For the body of a 200, which is read whole or not at all. */
  readonly maxBytes: number;
  /** For any other, of which only the beginning is read. */
  readonly maxErrorBytes: number;
  /** By default, that of all bodies of the process. */
  readonly budget?: ReadingBudget;
}

interface BodyResponse extends Pick<Dispatcher.ResponseData, 'statusCode' | 'headers'> {
  readonly body: Readable;
}

const utf8 = new TextDecoder();

/**
 * Reads a body as text. Decodes it if needed: some servers and proxies compress it although `identity` is asked for.
 * Rejects if the signal aborts while others are decoded.
 */
export async function readBody(response: BodyResponse, limits: BodyLimits, signal: AbortSignal): Promise<BodyText> {
  const { budget = readingBudget } = limits;
  const isWhole = response.statusCode === 200;
  const maxBytes = isWhole ? limits.maxBytes : limits.maxErrorBytes;
  const coding = headerOf(response, 'content-encoding');
  const unreadable = (why: UnreadableBody['why']) => ({
    body: '',
    isUtf8: true,
    unreadable: { why, coding, maxBytes: limits.maxBytes },
  });

  try {
    const bytes = await readBytes(response.body, maxBytes, budget);
    if (isWhole && bytes.length > maxBytes) return unreadable('too_large');
    const toText = async (): Promise<BodyText> => {
      const decoded = await decodeContent(coding, bytes.subarray(0, maxBytes), limits.maxBytes);
      if (!decoded.ok) return unreadable(decoded.problem);
      const text = decoded.bytes.subarray(0, maxBytes);
      return { body: utf8.decode(text), isUtf8: isUtf8(text) };
    };
    return await (codingsIn(coding).length > 0 ? inTurn(toText, signal) : toText());
  } finally {
    budget.release(response.body);
  }
}

/** Reads a body until it has more than `maxBytes`, and closes the connection on the rest. */
async function readBytes(body: Readable, maxBytes: number, budget: ReadingBudget): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    budget.add(body, chunk.length);
    // Leaving the loop destroys the body, and the connection with it.
    if (length > maxBytes) break;
  }
  return Buffer.concat(chunks);
}

let lastTurn: Promise<void> = Promise.resolve();

/**
 * Decodes one body after the other, since the budget counts what arrives, and a few kilobytes may become `maxBytes`.
 * Rejects if the signal aborts before the turn of the body, which then takes no time of those behind it.
 */
async function inTurn<T>(decode: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const before = lastTurn;
  const { promise, resolve } = Promise.withResolvers<void>();
  lastTurn = promise;
  try {
    await Promise.race([before, rejectWhenAborted(signal)]);
    return await decode();
  } finally {
    resolve(before);
  }
}

export type DecodedContent =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly problem: UnreadableBody['why'] };

type Decode = (bytes: Buffer, maxBytes: number) => Promise<Buffer>;

/** Undoes the codings of a body. An empty body stays empty: servers name a coding even if they send nothing. */
export async function decodeContent(contentEncoding: string, bytes: Buffer, maxBytes: number): Promise<DecodedContent> {
  const codings = codingsIn(contentEncoding);
  const decoders = codings.flatMap((coding) => decoderOf.get(coding) ?? []);
  if (decoders.length < codings.length || codings.length > maxCodings) return { ok: false, problem: 'unknown_coding' };
  try {
    // The last coding in the header was applied last (RFC 9110, 8.4).
    let decoded = bytes;
    for (const decode of decoders.toReversed()) {
      if (decoded.length > 0) decoded = await decode(decoded, maxBytes);
    }
    return decoded.length > maxBytes ? { ok: false, problem: 'too_large' } : { ok: true, bytes: decoded };
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return { ok: false, problem: isTooLarge ? 'too_large' : 'malformed' };
  }
}

function codingsIn(contentEncoding: string): readonly string[] {
  return contentEncoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
}

/** Servers use one. Each takes memory up to the limit, and the time to fill it. */
const maxCodings = 2;

const unzip = promisify(gunzip);
const unzlib = promisify(inflate);
const unzlibRaw = promisify(inflateRaw);
const unbrotli = promisify(brotliDecompress);
const unzstd = promisify(zstdDecompress);

const decodeGzip: Decode = (bytes, maxOutputLength) => unzip(bytes, { maxOutputLength });

/**
 * Accepts deflate with the zlib format, whose first byte names the method 8, and without it, as some servers send it.
 */
const decodeDeflate: Decode = (bytes, maxOutputLength) =>
  (((bytes[0] ?? 0) & 0x0f) === 8 ? unzlib : unzlibRaw)(bytes, { maxOutputLength });

const decodeBrotli: Decode = (bytes, maxOutputLength) => unbrotli(bytes, { maxOutputLength });

/** Limits the window to 8 MiB, the largest that HTTP allows (RFC 9659): a body could ask for 128 MiB of memory. */
const decodeZstd: Decode = (bytes, maxOutputLength) =>
  unzstd(bytes, { maxOutputLength, params: { [constants.ZSTD_d_windowLogMax]: 23 } });

const decoderOf: ReadonlyMap<string, Decode> = new Map([
  ['gzip', decodeGzip],
  ['x-gzip', decodeGzip],
  ['deflate', decodeDeflate],
  ['br', decodeBrotli],
  ['zstd', decodeZstd],
]);

/** Returns a header of an answer: empty if it is missing, its values joined if it is repeated (RFC 9110, 5.3). */
export function headerOf({ headers }: Pick<Dispatcher.ResponseData, 'headers'>, name: string): string {
  const value = headers[name] ?? '';
  return typeof value === 'string' ? value : value.join(', ');
}

/** Counts the bytes of the bodies that are not text yet, of all clusters and identity providers together. */
export interface ReadingBudget {
  /**
   * Counts bytes of a body that have arrived. If all bodies together have too many, the largest one of those that are
   * still arriving is destroyed.
   */
  readonly add: (body: Readable, bytes: number) => void;
  /** Forgets a body that has become text, or is given up. */
  readonly release: (body: Readable) => void;
}

/** Bounds the memory of all answers together: hundreds of slow answers of 15 MB are each within their own limit. */
export function createReadingBudget(maxBytes: number): ReadingBudget {
  const readings = new Map<Readable, number>();
  let total = 0;

  const release = (body: Readable) => {
    total -= readings.get(body) ?? 0;
    readings.delete(body);
  };

  return {
    add: (body, bytes) => {
      readings.set(body, (readings.get(body) ?? 0) + bytes);
      total += bytes;
      if (total <= maxBytes) return;
      const arriving = [...readings].filter(([{ readableEnded }]) => !readableEnded);
      const [largest] = arriving.reduce((one, other) => (other[1] > one[1] ? other : one));
      release(largest);
      const all = `all answers being read have more than ${maxBytes} bytes together`;
      largest.destroy(new errors.ResponseExceededMaxSizeError(`${all}, and this is the largest that still arrives`));
    },
    release,
  };
}

/** A body needs this memory twice while its chunks are joined, and once more for its text. */
const readingBudget = createReadingBudget(shareOfMemory(1 / 16));

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = Buffer.from('"\\{}[]');

/** Tells whether a text begins like a JSON object and ends before that object does. */
export function isCutShort(text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (character === quote) isInString = !isInString;
    else if (isInString && character === backslash) index++;
    else if (isInString) continue;
    else if (character === openBrace || character === openBracket) depth++;
    else if (character === closeBrace || character === closeBracket) depth--;
  }
  return /^\s*\{/.test(text) && (isInString || depth > 0);
}
