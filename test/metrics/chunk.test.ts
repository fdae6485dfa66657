import { randomBytes } from 'node:crypto';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChunk, gzipped } from '../../src/metrics/chunk.ts';

describe('chunks, each compressed separately,', () => {
  it('are together one complete gzip member', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 10_000 })), async (bytes) => {
        const zipped = await gzipped(bytes.map((some) => createChunk(Buffer.from(some))));
        expect(gunzipSync(zipped).equals(Buffer.concat(bytes))).toBe(true);
        // A reader may stop at the end of the first member, as inflate does: a second one would be lost.
        expect(inflateRawSync(zipped.subarray(10)).equals(Buffer.concat(bytes))).toBe(true);
      }),
    );
  });

  it('are compressed once, on however many pages they are', async () => {
    const chunk = createChunk(Buffer.alloc(100_000, 'zeebe'));
    const first = await chunk.compressed();
    await gzipped([createChunk(Buffer.from('other')), chunk]);
    expect(await chunk.compressed()).toBe(first);
    expect(first.length).toBeLessThan(2_000);
  });

  it('are compressed also if they are large and hardly get smaller', async () => {
    const bytes = randomBytes(10_000_000);
    const zipped = await gzipped([createChunk(bytes), createChunk(Buffer.from('next'))]);
    expect(gunzipSync(zipped).equals(Buffer.concat([bytes, Buffer.from('next')]))).toBe(true);
  });
});
