import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type BodyLimits, readBody } from '../../src/transport/body.ts';

const limits = { maxBytes: 6, maxErrorBytes: 4 };

function read(response: ReturnType<typeof responseOf>, each: BodyLimits = limits) {
  return readBody(response, each, new AbortController().signal);
}

function responseOf(body: Readable, statusCode = 200, headers: Readonly<Record<string, string>> = {}) {
  return { statusCode, headers, body };
}

function chunks(...texts: readonly string[]): Readable {
  return Readable.from(texts.map((text) => Buffer.from(text)));
}

describe('the body of a response with status 200', () => {
  it('is read to its end if it does not exceed the limit', async () => {
    const body = chunks('abc', 'def');
    expect(await read(responseOf(body))).toEqual({ body: 'abcdef', isUtf8: true });
    expect(body.readableEnded).toBe(true);
  });

  it('is too_large beyond the limit, and its rest is not read', async () => {
    const body = chunks('abc', 'defg', 'hi');
    expect(await read(responseOf(body))).toEqual({
      body: '',
      isUtf8: true,
      unreadable: { coding: '', why: 'too_large', maxBytes: 6 },
    });
    expect(body.destroyed).toBe(true);
    expect(body.readableEnded).toBe(false);
  });

  it('is too_large if it exceeds the limit once decoded', async () => {
    const body = gzipSync('abcdefg');
    const response = responseOf(Readable.from([body]), 200, { 'content-encoding': 'gzip' });
    expect(await read(response, { ...limits, maxBytes: 6 + body.length })).toMatchObject({ body: 'abcdefg' });
    const again = responseOf(Readable.from([gzipSync('a'.repeat(1_000))]), 200, { 'content-encoding': 'gzip' });
    expect(await read(again, { ...limits, maxBytes: 999 })).toMatchObject({
      unreadable: { coding: 'gzip', why: 'too_large', maxBytes: 999 },
    });
  });

  it('rejects if reading it fails', async () => {
    const body = Readable.from(
      (async function* () {
        yield Buffer.from('ab');
        throw new Error('reset');
      })(),
    );
    await expect(read(responseOf(body))).rejects.toThrow('reset');
  });

  it('is returned without a byte order mark', async () => {
    expect(await read(responseOf(chunks('\u{feff}{}')))).toEqual({ body: '{}', isUtf8: true });
  });

  it('is marked if it is not UTF-8, with U+FFFD in place of invalid bytes', async () => {
    const body = Readable.from([Buffer.from('caf\u00e9', 'latin1')]);
    expect(await read(responseOf(body))).toEqual({ body: 'caf\u{fffd}', isUtf8: false });
  });
});

describe('the body of an error response', () => {
  it('is truncated at its own limit, and its rest is not read', async () => {
    const body = chunks('ab', 'cdefgh', 'i');
    expect(await read(responseOf(body, 500))).toEqual({ body: 'abcd', isUtf8: true });
    expect(body.destroyed).toBe(true);
    expect(body.readableEnded).toBe(false);
  });
});
