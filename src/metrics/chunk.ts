import { constants, crc32, createDeflateRaw } from 'node:zlib';
import { createYielder } from '../clock.ts';

/**
 * Bytes of the page with a reference count. They do not change while the chunk is retained; then they may be reused.
 */
export interface Chunk {
  readonly bytes: Buffer;
  /** The bytes as whole blocks of DEFLATE (RFC 1951), none of them the last one; compressed at the first call. */
  readonly compressed: () => Promise<Buffer>;
  readonly retain: () => void;
  readonly release: () => void;
  readonly isRetained: () => boolean;
}

/** Bytes compressed in one step. The output must fit the compressor's buffer, or the flush would never end. */
const maxStep = 1024 * 1024;
/** Level 1 takes a quarter of the time of the default level, for a fifth more bytes. */
const options = { level: constants.Z_BEST_SPEED, highWaterMark: 2 * maxStep };
const compressor = createDeflateRaw(options);
let lastCompression: Promise<unknown> = Promise.resolve();

/**
 * Compresses one chunk after the other with a shared compressor: its memory is allocated once, and a large page keeps
 * one core busy, not all. After a full flush, the output is at a byte boundary and does not refer to earlier input.
 */
function compress(bytes: Buffer): Promise<Buffer> {
  const compression = lastCompression.then(async () => {
    const blocks: Buffer[] = [];
    for (let start = 0; start < bytes.length; start += maxStep) {
      blocks.push(await compressStep(bytes.subarray(start, start + maxStep)));
    }
    return Buffer.concat(blocks);
  });
  lastCompression = compression;
  return compression;
}

function compressStep(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    compressor.write(bytes);
    compressor.flush(constants.Z_FULL_FLUSH, () => resolve(compressor.read()));
  });
}

export function createChunk(bytes: Buffer): Chunk {
  let compressed: Promise<Buffer> | undefined;
  let references = 0;
  const chunk: Chunk = {
    bytes,
    compressed: () => {
      compressed ??= retaining([chunk], () => compress(bytes));
      return compressed;
    },
    retain: () => {
      references++;
    },
    release: () => {
      references--;
    },
    isRetained: () => references > 0,
  };
  return chunk;
}

/** Retains the chunks while the work lasts. */
export async function retaining<T>(chunks: readonly Chunk[], work: () => Promise<T>): Promise<T> {
  for (const { retain } of chunks) retain();
  try {
    return await work();
  } finally {
    for (const { release } of chunks) release();
  }
}

/** Without a name and a time; the system is unknown. */
const gzipHeader = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
const lastBlock = Buffer.from([3, 0]);

/**
 * Returns one gzip member (RFC 1952) made of the compressed chunks: a chunk that stays on the page is compressed only
 * once. The chunks have to be retained meanwhile.
 */
export async function gzipped(chunks: readonly Chunk[]): Promise<Buffer> {
  const yieldWhenBusy = createYielder();
  const blocks: Buffer[] = [];
  let checksum = 0;
  let length = 0;
  for (const { bytes, compressed } of chunks) {
    blocks.push(await compressed());
    checksum = crc32(bytes, checksum);
    length += bytes.length;
    await yieldWhenBusy();
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(length % 2 ** 32, 4);
  return Buffer.concat([gzipHeader, ...blocks, lastBlock, trailer]);
}
