import { constants, crc32, createDeflateRaw } from 'node:zlib';
import { createTurns } from '../clock.ts';

/** Bytes of the page. They stay what they are while somebody holds the piece, and may be written anew afterwards. */
export interface Piece {
  readonly bytes: Buffer;
  /** As whole blocks of DEFLATE (RFC 1951), none of them the last; made when first asked for. */
  readonly deflated: () => Promise<Buffer>;
  readonly hold: () => void;
  readonly release: () => void;
  readonly isHeld: () => boolean;
}

/** Bytes that are compressed at once. What becomes of them fits the buffer: what does not fit would wait for ever. */
const atOnce = 1024 * 1024;
/** Level 1 costs a quarter of the default for a fifth more bytes. */
const options = { level: constants.Z_BEST_SPEED, highWaterMark: 2 * atOnce };
const compressor = createDeflateRaw(options);
let compressing: Promise<unknown> = Promise.resolve();

/**
 * By one compressor for all, one after the other: its memory is not made anew each time, and a large page takes one of
 * the processors and not all. After a full flush, at the boundary of a byte, it knows nothing of what was before.
 */
function compress(bytes: Buffer): Promise<Buffer> {
  const compressed = compressing.then(async () => {
    const blocks: Buffer[] = [];
    for (let start = 0; start < bytes.length; start += atOnce) {
      blocks.push(await compressSome(bytes.subarray(start, start + atOnce)));
    }
    return Buffer.concat(blocks);
  });
  compressing = compressed;
  return compressed;
}

function compressSome(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    compressor.write(bytes);
    compressor.flush(constants.Z_FULL_FLUSH, () => resolve(compressor.read()));
  });
}

export function createPiece(bytes: Buffer): Piece {
  let deflated: Promise<Buffer> | undefined;
  let holders = 0;
  const piece: Piece = {
    bytes,
    deflated: () => {
      deflated ??= holding([piece], () => compress(bytes));
      return deflated;
    },
    hold: () => {
      holders++;
    },
    release: () => {
      holders--;
    },
    isHeld: () => holders > 0,
  };
  return piece;
}

async function holding<T>(pieces: readonly Piece[], work: () => Promise<T>): Promise<T> {
  for (const { hold } of pieces) hold();
  try {
    return await work();
  } finally {
    for (const { release } of pieces) release();
  }
}

/** No name, no time, an unknown system. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
const lastBlock = Buffer.from([3, 0]);

/**
 * One gzip member (RFC 1952) of all pieces, each compressed by itself: those that stay the same from one page to the
 * next are compressed once.
 */
export function gzipped(pieces: readonly Piece[]): Promise<Buffer> {
  return holding(pieces, () => joined(pieces));
}

async function joined(pieces: readonly Piece[]): Promise<Buffer> {
  const turn = createTurns();
  const blocks: Buffer[] = [];
  let checksum = 0;
  let length = 0;
  for (const { bytes, deflated } of pieces) {
    blocks.push(await deflated());
    checksum = crc32(bytes, checksum);
    length += bytes.length;
    await turn();
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(length % 2 ** 32, 4);
  return Buffer.concat([header, ...blocks, lastBlock, trailer]);
}
