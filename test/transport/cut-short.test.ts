import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCutShort } from '../../src/transport/body.ts';

const object = fc.dictionary(fc.string(), fc.jsonValue());

describe('a truncated JSON object', () => {
  it('is detected wherever it is truncated', () => {
    fc.assert(
      fc.property(object, fc.constantFrom(0, 2), fc.nat(), (value, indent, at) => {
        const text = JSON.stringify(value, null, indent);
        expect(isCutShort(text.slice(0, 1 + (at % (text.length - 1))))).toBe(true);
      }),
    );
  });

  it('is not detected in a complete object, with or without surrounding whitespace', () => {
    fc.assert(
      fc.property(object, (value) => {
        expect(isCutShort(JSON.stringify(value))).toBe(false);
        expect(isCutShort(` \r\n${JSON.stringify(value)}\t`)).toBe(false);
      }),
    );
  });
});

it.each([
  '',
  ' ',
  '<html>{',
  'null',
  '"',
  '[1,',
])('text that is not a JSON object is not a truncated one: %j', (text) => {
  expect(isCutShort(text)).toBe(false);
});
