import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../src/secret.ts';
import { memoryLog } from './memory-log.ts';

describe('a secret', () => {
  it('returns its value from open()', () => {
    expect(new Secret('s3cr3t').open()).toBe('s3cr3t');
  });

  it('is hidden in every text representation', () => {
    const marked = fc.string({ unit: 'grapheme-ascii' }).map((text) => `§${text}§`);
    fc.assert(
      fc.property(marked, (value) => {
        const secret = new Secret(value);
        const holder = { nested: [{ secret }] };
        const { logger, lines } = memoryLog();
        logger.info({ secret, holder }, `as text: ${secret}`);
        logger.error(new Error(`broken by ${secret}`, { cause: secret }));
        const texts = [
          String(secret),
          secret.toString(),
          [secret].join(),
          `${secret}`,
          JSON.stringify(holder),
          inspect(holder, { depth: 9, showHidden: true, getters: true }),
          inspect(new Map([[secret, secret]])),
          JSON.stringify({ ...secret }),
          JSON.stringify(Object.entries(secret)),
          JSON.stringify(structuredClone({ ...secret })),
          JSON.stringify(lines),
        ];
        for (const text of texts) expect(text).not.toContain('§');
      }),
    );
  });

  it('is shown as <secret>', () => {
    const secret = new Secret('s3cr3t');
    expect(`${secret}`).toBe('<secret>');
    expect(JSON.stringify({ secret })).toBe('{"secret":"<secret>"}');
    expect(inspect({ secret })).toBe('{ secret: <secret> }');
  });

  it('equals only secrets of the same value', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(new Secret(one).equals(new Secret(one))).toBe(true);
        expect(new Secret(one).equals(new Secret(other))).toBe(one === other);
        expect(new Secret(one).equals(new Secret(`${one}\u0000`))).toBe(false);
      }),
    );
  });
});
