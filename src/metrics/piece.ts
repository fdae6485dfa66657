import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';

/** Bytes of the page. Never changed in place: scrapes may be sending them, and what is made of them is kept. */
export interface Piece {
  readonly bytes: Buffer;
  /** As whole blocks of DEFLATE (RFC 1951), none of them the last; made when first asked for. */
  readonly deflated: () => Promise<Buffer>;
}

const compress = promisify(deflateRaw);

export function createPiece(bytes: Buffer): Piece {
  let deflated: Promise<Buffer> | undefined;
  return {
    bytes,
    deflated: () => {
      // Level 1 costs a quarter of the default for a fifth more bytes. A flush ends at a byte's boundary.
      deflated ??= compress(bytes, { level: constants.Z_BEST_SPEED, finishFlush: constants.Z_SYNC_FLUSH });
      return deflated;
    },
  };
}

/** No name, no time, an unknown system. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
const lastBlock = Buffer.from([3, 0]);

/**
 * One gzip member (RFC 1952) of all pieces, each compressed by itself: those that stay the same from one page to the
 * next are compressed once. One after the other, so that a large page takes one of the processors and not all.
 */
export async function gzipped(pieces: readonly Piece[]): Promise<Buffer> {
  const blocks: Buffer[] = [];
  let checksum = 0;
  let length = 0;
  for (const { bytes, deflated } of pieces) {
    blocks.push(await deflated());
    checksum = crc32(bytes, checksum);
    length += bytes.length;
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(length % 2 ** 32, 4);
  return Buffer.concat([header, ...blocks, lastBlock, trailer]);
}
