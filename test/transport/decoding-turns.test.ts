import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { type CompressCallback, gzipSync, type InputType, type ZlibOptions } from 'node:zlib';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type BodyLimits, createReadingBudget, readBody } from '../../src/transport/body.ts';

/** What the decoder has in hand at the moment, and at most; it finishes nothing before `open` resolves. */
const decoder = vi.hoisted(() => ({ open: Promise.resolve(), bodies: 0, maxBodies: 0 }));

vi.mock('node:zlib', async (importOriginal) => {
  const zlib = await importOriginal<typeof import('node:zlib')>();
  const gunzip = (bytes: InputType, options: ZlibOptions, callback: CompressCallback) => {
    decoder.bodies++;
    decoder.maxBodies = Math.max(decoder.maxBodies, decoder.bodies);
    const end: CompressCallback = (...result) => {
      decoder.bodies--;
      callback(...result);
    };
    decoder.open.then(() => zlib.gunzip(bytes, options, end));
  };
  return { ...zlib, gunzip };
});

beforeEach(() => {
  Object.assign(decoder, { open: Promise.resolve(), maxBodies: 0 });
});

/** Keeps the decoder from finishing anything until the function that it returns is called. */
function holdDecoder(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  decoder.open = promise;
  return resolve;
}

const gzip = { 'content-encoding': 'gzip' };

function read(
  bytes: Buffer,
  headers: Readonly<Record<string, string>> = {},
  { signal = new AbortController().signal, ...limits }: Partial<BodyLimits> & { readonly signal?: AbortSignal } = {},
) {
  const body = Readable.from([bytes]);
  const text = readBody({ statusCode: 200, headers, body }, { maxBytes: 100, maxErrorBytes: 100, ...limits }, signal);
  return { body, text };
}

const readGzip = (text: string, limits?: Parameters<typeof read>[2]) => read(gzipSync(text), gzip, limits);

describe('compressed bodies', () => {
  it('are decoded one at a time, in the order of their arrival, whether or not one is malformed', async () => {
    const order: string[] = [];
    const bodies = [readGzip('a'), read(Buffer.from('no gzip'), gzip), readGzip('b'), readGzip('c')];
    await Promise.all(bodies.map(async ({ text }) => order.push((await text).body)));
    expect(order).toEqual(['a', '', 'b', 'c']);
    expect(decoder.maxBodies).toBe(1);
  });

  it('do not hold up a body without a coding', async () => {
    const finishDecoding = holdDecoder();
    const compressed = readGzip('compressed').text;
    expect(await read(Buffer.from('plain')).text).toMatchObject({ body: 'plain' });
    finishDecoding();
    expect(await compressed).toMatchObject({ body: 'compressed' });
  });

  it('reject as soon as their signal aborts while they wait, and the next one follows in their place', async () => {
    const finishDecoding = holdDecoder();
    const deadline = new AbortController();
    const first = readGzip('first').text;
    const late = readGzip('late', { signal: deadline.signal }).text;
    const next = readGzip('next').text;
    deadline.abort(new DOMException('no whole answer within 10 s', 'TimeoutError'));
    await expect(late).rejects.toThrow('no whole answer within 10 s');
    finishDecoding();
    expect(await Promise.all([first, next])).toMatchObject([{ body: 'first' }, { body: 'next' }]);
    expect(decoder.maxBodies).toBe(1);
  });

  it('count as being read until they are text', async () => {
    const budget = createReadingBudget(gzipSync('waiting').length + 5);
    const finishDecoding = holdDecoder();
    const first = readGzip('first').text;
    const waiting = readGzip('waiting', { budget });
    await finished(waiting.body);
    await expect(read(Buffer.from('123456'), {}, { budget }).text).rejects.toThrow('all answers being read');
    expect(await read(Buffer.from('12345'), {}, { budget }).text).toMatchObject({ body: '12345' });
    finishDecoding();
    expect(await Promise.all([first, waiting.text])).toMatchObject([{ body: 'first' }, { body: 'waiting' }]);
    expect(await read(Buffer.from('123456'), {}, { budget }).text).toMatchObject({ body: '123456' });
  });
});
