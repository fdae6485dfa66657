import { randomBytes } from 'node:crypto';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPiece, gzipped } from '../../src/metrics/chunk.ts';

describe('pieces, each compressed by itself', () => {
  it('are together one gzip member, which gunzip finds whole', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 10_000 })), async (bytes) => {
        const zipped = await gzipped(bytes.map((some) => createPiece(Buffer.from(some))));
        expect(gunzipSync(zipped).equals(Buffer.concat(bytes))).toBe(true);
        // A reader may stop where the first member ends, as inflate does: a second one would be lost.
        expect(inflateRawSync(zipped.subarray(10)).equals(Buffer.concat(bytes))).toBe(true);
      }),
    );
  });

  it('are compressed once, whatever pages they come to stand on', async () => {
    const piece = createPiece(Buffer.alloc(100_000, 'zeebe'));
    const first = await piece.deflated();
    await gzipped([createPiece(Buffer.from('other')), piece]);
    expect(await piece.deflated()).toBe(first);
    expect(first.length).toBeLessThan(2_000);
  });

  it('are compressed whatever their size, and however little they shrink', async () => {
    const bytes = randomBytes(10_000_000);
    const zipped = await gzipped([createPiece(bytes), createPiece(Buffer.from('next'))]);
    expect(gunzipSync(zipped).equals(Buffer.concat([bytes, Buffer.from('next')]))).toBe(true);
  });

  it('are held while they are compressed', async () => {
    const piece = createPiece(Buffer.alloc(100_000, 'zeebe'));
    const zipped = gzipped([createPiece(Buffer.alloc(100_000)), piece]);
    expect(piece.isHeld()).toBe(true);
    await zipped;
    expect(piece.isHeld()).toBe(false);
  });
});
