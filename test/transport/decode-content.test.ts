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

describe.each(codings)('an answer in %s', (coding, encode) => {
  it('is decoded', async () => {
    expect(await decodeContent(coding, encode(text), maxBytes)).toEqual({ ok: true, bytes: text });
    expect(await decodeContent(` ${coding.toUpperCase()} `, encode(text), maxBytes)).toEqual({ ok: true, bytes: text });
  });

  it('may be as long as the limit, and no longer', async () => {
    const full = Buffer.alloc(maxBytes, 'x');
    expect(await decodeContent(coding, encode(full), maxBytes)).toEqual({ ok: true, bytes: full });
    const longer = await decodeContent(coding, encode(Buffer.alloc(maxBytes + 1, 'x')), maxBytes);
    expect(longer).toEqual({ ok: false, problem: 'too_large' });
  });

  it('is too large where it is a bomb', async () => {
    const bomb = encode(Buffer.alloc(8 * 1024 * 1024));
    expect(await decodeContent(coding, bomb, maxBytes)).toEqual({ ok: false, problem: 'too_large' });
  });

  it('is malformed where it is cut short, or is not in that coding', async () => {
    expect(await decodeContent(coding, encode(text).subarray(0, -6), maxBytes)).toEqual(malformed);
    expect(await decodeContent(coding, text, maxBytes)).toEqual(malformed);
    expect(await decodeContent(coding, text.subarray(0, 1), maxBytes)).toEqual(malformed);
  });

  it('is empty where nothing was sent', async () => {
    expect(await decodeContent(coding, Buffer.alloc(0), maxBytes)).toEqual({ ok: true, bytes: Buffer.alloc(0) });
  });
});

describe('an answer', () => {
  it.each(['', 'identity', ' , Identity'])('without a coding (%j) is given as it is, up to the limit', async (none) => {
    expect(await decodeContent(none, text, text.length)).toEqual({ ok: true, bytes: text });
    expect(await decodeContent(none, text, text.length - 1)).toEqual({ ok: false, problem: 'too_large' });
  });

  it('in two codings is decoded from the last to the first', async () => {
    const twice = brotliCompressSync(gzipSync(text));
    expect(await decodeContent('gzip, br', twice, maxBytes)).toEqual({ ok: true, bytes: text });
    expect(await decodeContent('br, gzip', twice, maxBytes)).toEqual(malformed);
  });

  it('in deflate may lack the zlib format, as some servers send it', async () => {
    expect(await decodeContent('deflate', deflateRawSync(text), maxBytes)).toEqual({ ok: true, bytes: text });
  });

  it('in zstd is malformed where its window is larger than HTTP allows', async () => {
    expect(await decodeContent('zstd', zstdFrame(23), maxBytes)).toEqual({ ok: true, bytes: text });
    expect(await decodeContent('zstd', zstdFrame(24), maxBytes)).toEqual(malformed);
  });

  it.each([
    'compress',
    'gzip, rot13',
    'gzip;q=1',
    'constructor',
    'gzip, gzip, gzip',
  ])('in %j is in an unknown coding', async (unknown) => {
    const gzipped = gzipSync(gzipSync(gzipSync(text)));
    expect(await decodeContent(unknown, gzipped, maxBytes)).toEqual({ ok: false, problem: 'unknown_coding' });
  });

  it('of any bytes is decoded within the limit, or is not', async () => {
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

/** The text in one frame with one raw block (RFC 8878, 3.1.1) that says how large its window is. */
function zstdFrame(windowLog: number): Buffer {
  const blockHeader = Buffer.alloc(3);
  blockHeader.writeUIntLE((text.length << 3) | 1, 0, 3);
  return Buffer.concat([Buffer.from('28b52ffd00', 'hex'), Buffer.of((windowLog - 10) << 3), blockHeader, text]);
}
