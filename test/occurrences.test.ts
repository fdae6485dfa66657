import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codePointsOf, type DecodedText, decodingsOf, occurrencesOf } from '../src/encoded-text.ts';

/** Finds the same occurrences by trying each position. */
function expected(pattern: Uint32Array, { codePoints, next }: DecodedText): readonly number[] {
  const isAt = (start: number) => {
    let index = start;
    return pattern.every((codePoint) => {
      const isSame = codePoints[index] === codePoint;
      index = next[index] ?? index;
      return isSame;
    });
  };
  return [...codePoints.keys()].filter(isAt).reverse();
}

/** Wraps a list, and counts the reads of its items. */
function counted(list: Uint32Array) {
  let reads = 0;
  const get = (target: Uint32Array, key: string | symbol) => {
    if (typeof key === 'string' && /^\d+$/.test(key)) reads++;
    return Reflect.get(target, key, target);
  };
  return { list: new Proxy(list, { get }), reads: () => reads };
}

describe('the occurrences of a pattern', () => {
  it('are all found in a text made of parts of the pattern', () => {
    const sought = fc.string({ unit: fc.constantFrom(...'abc'), minLength: 1, maxLength: 20 });
    const parts = fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { maxLength: 12 });
    fc.assert(
      fc.property(sought, parts, (pattern, ends) => {
        const text = ends.map(([from, to]) => pattern.slice(from, to)).join('');
        for (const decoded of decodingsOf(`${text}${pattern}${text}`)) {
          const found = occurrencesOf(codePointsOf(pattern), decoded);
          expect(found).toEqual(expected(codePointsOf(pattern), decoded));
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it('are all found in every decoding of a text', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab%62\\u0'), maxLength: 40 });
    fc.assert(
      fc.property(text, fc.string({ unit: fc.constantFrom(...'ab'), minLength: 1, maxLength: 6 }), (shown, sought) => {
        const pattern = codePointsOf(sought);
        for (const decoded of decodingsOf(shown)) {
          expect(occurrencesOf(pattern, decoded)).toEqual(expected(pattern, decoded));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['a pattern of one letter', 'a'.repeat(4_000), 'a'.repeat(50_000)],
    ['a pattern that fails at its beginning', `b${'a'.repeat(4_000)}`, 'a'.repeat(50_000)],
    ['a pattern that fails at its end', `${'a'.repeat(4_000)}b`, 'a'.repeat(50_000)],
    ['a pattern that fails in its middle', `${'a'.repeat(2_000)}b${'a'.repeat(2_000)}`, 'a'.repeat(50_000)],
    ['a text of escape sequences', '%'.repeat(4_000), '%25'.repeat(20_000)],
    ['a text of escaped escape sequences', `${'%'.repeat(4_000)}2`, '%2525'.repeat(12_000)],
  ])('are found in linear time: %s', (_, sought, shown) => {
    for (const decoded of decodingsOf(shown)) {
      const { list, reads } = counted(decoded.codePoints);
      occurrencesOf(codePointsOf(sought), { ...decoded, codePoints: list });
      expect(reads()).toBeLessThan(4 * shown.length);
    }
  });
});
