import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { singleLine } from '../src/redact.ts';

describe('external text in a log line', () => {
  it('is one line', () => {
    expect(singleLine('<html>\r\n\t<title>502\u0000 Bad\u001b[31m Gateway</title>')).toBe(
      '<html> <title>502 Bad [31m Gateway</title>',
    );
  });

  it('is truncated after 200 characters, with an ellipsis', () => {
    expect(singleLine('a'.repeat(10_000))).toBe(`${'a'.repeat(200)}…`);
  });

  it('is not truncated within a surrogate pair', () => {
    expect(singleLine(`${'a'.repeat(199)}😀😀`)).toBe(`${'a'.repeat(199)}…`);
  });

  it('is short, trimmed, well-formed and free of control characters for any input', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => {
        const line = singleLine(text);
        expect(line.length).toBeLessThanOrEqual(201);
        expect(line).toBe(line.trim());
        expect(line.isWellFormed()).toBe(true);
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      }),
    );
  });
});
