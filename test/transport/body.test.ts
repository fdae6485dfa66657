import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readBytes, textOf } from '../../src/transport/body.ts';

describe('a body', () => {
  const bodyOf = (...chunks: readonly string[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));

  it('of the limit is read to its end', async () => {
    const body = bodyOf('ab', 'cd');
    expect((await readBytes(body, 4)).toString()).toBe('abcd');
    expect(body.readableEnded).toBe(true);
  });

  it('above the limit is cut there, and what is left is not waited for', async () => {
    const body = bodyOf('ab', 'cde', 'fg');
    expect((await readBytes(body, 4)).toString()).toBe('abcd');
    expect(body.destroyed).toBe(true);
    expect(body.readableEnded).toBe(false);
  });

  it('that fails is not taken for one that has ended', async () => {
    const body = Readable.from(
      (async function* () {
        yield Buffer.from('ab');
        throw new Error('reset');
      })(),
    );
    await expect(readBytes(body, 4)).rejects.toThrow('reset');
  });
});

describe('the text of bytes', () => {
  it('is without a byte order mark', () => {
    expect(textOf(Buffer.from('\u{feff}{}'))).toEqual({ body: '{}', isUtf8: true });
  });

  it('has U+FFFD for what is not UTF-8, and says so', () => {
    expect(textOf(Buffer.from('caf\u00e9', 'latin1'))).toEqual({ body: 'caf\u{fffd}', isUtf8: false });
  });
});
