import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeContent } from '../../src/transport/body.ts';

const text = Buffer.from('{"access_token":"opaque"}');
const maxBytes = 1024;

const codings: readonly [coding: string, encode: (bytes: Buffer) => Buffer][] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
];

describe.each(codings)('a response with the content encoding %s', (coding, encode) => {
  it('is decoded', async () => {
    expect(await decodeContent(coding, encode(text), maxBytes)).toEqual({ ok: true, bytes: text });
    expect(await decodeContent(` ${coding.toUpperCase()} `, encode(text), maxBytes)).toEqual({ ok: true, bytes: text });
  });

  it('is too_large if it exceeds the limit once decoded', async () => {
    const full = Buffer.alloc(maxBytes, 'x');
    expect(await decodeContent(coding, encode(full), maxBytes)).toEqual({ ok: true, bytes: full });
    const longer = await decodeContent(coding, encode(Buffer.alloc(maxBytes + 1, 'x')), maxBytes);
    expect(longer).toEqual({ ok: false, problem: 'too_large' });
  });

  it('is too_large if it is a decompression bomb', async () => {
    const bomb = encode(Buffer.alloc(8 * 1024 * 1024));
    expect(await decodeContent(coding, bomb, maxBytes)).toEqual({ ok: false, problem: 'too_large' });
  });

  it('is malformed if it is truncated or has another encoding', async () => {
    expect(await decodeContent(coding, encode(text).subarray(0, -6), maxBytes)).toEqual(malformed);
    expect(await decodeContent(coding, text, maxBytes)).toEqual(malformed);
    expect(await decodeContent(coding, text.subarray(0, 1), maxBytes)).toEqual(malformed);
  });

  it('is empty if nothing was sent', async () => {
    expect(await decodeContent(coding, Buffer.alloc(0), maxBytes)).toEqual({ ok: true, bytes: Buffer.alloc(0) });
  });
});

describe('a response', () => {
  it.each([
    '',
    'identity',
    ' , Identity',
  ])('without a content encoding is returned unchanged up to the limit: %j', async (none) => {
    expect(await decodeContent(none, text, text.length)).toEqual({ ok: true, bytes: text });
    expect(await decodeContent(none, text, text.length - 1)).toEqual({ ok: false, problem: 'too_large' });
  });

  it('with two content encodings is decoded from the last to the first', async () => {
    const twice = brotliCompressSync(gzipSync(text));
    expect(await decodeContent('gzip, br', twice, maxBytes)).toEqual({ ok: true, bytes: text });
    expect(await decodeContent('br, gzip', twice, maxBytes)).toEqual(malformed);
  });

  it('with raw deflate, which some servers send, is decoded', async () => {
    expect(await decodeContent('deflate', deflateRawSync(text), maxBytes)).toEqual({ ok: true, bytes: text });
  });

  it('with zstd is malformed if its window is larger than HTTP allows', async () => {
    expect(await decodeContent('zstd', zstdFrame(23), maxBytes)).toEqual({ ok: true, bytes: text });
    expect(await decodeContent('zstd', zstdFrame(24), maxBytes)).toEqual(malformed);
  });

  it.each([
    'compress',
    'gzip, rot13',
    'gzip;q=1',
    'constructor',
    'gzip, gzip, gzip',
  ])('has the unknown content encoding %j', async (unknown) => {
    const gzipped = gzipSync(gzipSync(gzipSync(text)));
    expect(await decodeContent(unknown, gzipped, maxBytes)).toEqual({ ok: false, problem: 'unknown_coding' });
  });

  it('of any bytes is decoded within the limit or fails', async () => {
    const names = fc.array(fc.constantFrom(...codings.map(([coding]) => coding), 'identity', 'other'), {
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(names, fc.uint8Array({ maxLength: 200 }), async (named, bytes) => {
        const decoded = await decodeContent(named.join(', '), Buffer.from(bytes), 100);
        expect(decoded.ok ? decoded.bytes.length : 0).toBeLessThanOrEqual(100);
      }),
    );
  });
});

const malformed = { ok: false, problem: 'malformed' };

/** Returns the text in one frame with one raw block (RFC 8878, 3.1.1) that declares the size of its window. */
function zstdFrame(windowLog: number): Buffer {
  const blockHeader = Buffer.alloc(3);
  blockHeader.writeUIntLE((text.length << 3) | 1, 0, 3);
  return Buffer.concat([Buffer.from('28b52ffd00', 'hex'), Buffer.of((windowLog - 10) << 3), blockHeader, text]);
}
