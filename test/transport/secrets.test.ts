import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hideSecrets, secretsOf } from '../../src/transport/secrets.ts';

/** How a page may show what it was sent. */
const spellings: readonly [string, (text: string) => string][] = [
  ['as it is', (text) => text],
  ['percent-encoded', encodeURIComponent],
  ['percent-encoded in lower case', (text) => encodeURIComponent(text).replace(/%../g, (byte) => byte.toLowerCase())],
  ['form-encoded', (text) => new URLSearchParams({ text }).toString().slice('text='.length)],
  ['in JSON', (text) => JSON.stringify(text).slice(1, -1)],
  [
    'in JSON of ASCII letters',
    (text) =>
      JSON.stringify(text)
        .slice(1, -1)
        .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  ],
  ['in JSON with escaped slashes', (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/')],
  ['in JSON, percent-encoded', (text) => encodeURIComponent(JSON.stringify(text).slice(1, -1))],
  ['in JSON in JSON', (text) => JSON.stringify(JSON.stringify(text).slice(1, -1)).slice(1, -1)],
  [
    'in HTML',
    (text) =>
      text
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;')
        .replaceAll("'", '&#39;'),
  ],
];

describe('secrets in a text of others', () => {
  it.each(spellings)('are hidden %s', (_, spell) => {
    const secret = fc.oneof(
      fc.string({ minLength: 8, unit: 'grapheme' }).filter((text) => text.isWellFormed()),
      fc.string({ minLength: 8, unit: fc.constantFrom(...'aZ09 +/\\"\'<>&%=.-_~:äß€😀') }),
    );
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (hidden, before, after) => {
        fc.pre(!`${before}${after}`.includes(spell(hidden)));
        expect(hideSecrets(`${before}[${spell(hidden)}]${after}`, [hidden])).toBe(`${before}[<secret>]${after}`);
      }),
    );
  });

  it('are hidden however long they are', () => {
    const secret = '-._~+/="\\aZ09'.repeat(300);
    const shown = `${encodeURIComponent(secret)} ${JSON.stringify(secret)} ${secret.slice(1)}`;
    expect(hideSecrets(shown, [secret])).toBe(`<secret> "<secret>" ${secret.slice(1)}`);
  });

  it.each([
    '\\\\\\\\',
    '%5c%5c',
    '&amp;&',
    '%2525',
    'aaaa',
    '\\u005c',
  ])('are hidden where they look like an encoding themselves: %s', (secret) => {
    expect(hideSecrets(`[${secret}] [${JSON.stringify(secret).slice(1, -1)}]`, [secret])).toBe('[<secret>] [<secret>]');
    expect(hideSecrets(`[${encodeURIComponent(secret)}]`, [secret])).toBe('[<secret>]');
  });

  it('are all hidden, and the longer one where two begin', () => {
    expect(hideSecrets('one two, one, two', ['one', 'one two', 'two'])).toBe('<secret>, <secret>, <secret>');
  });

  it('leave a text alone that shows none of them', () => {
    expect(hideSecrets('nothing to see', ['hunter2', ''])).toBe('nothing to see');
    expect(hideSecrets('nothing to see', [])).toBe('nothing to see');
  });

  it('of a header are its credentials, with the password of Basic', () => {
    expect(secretsOf('Bearer eyJ.eyJ.sig')).toEqual(['eyJ.eyJ.sig']);
    const credentials = Buffer.from('demo:pass:wörd!').toString('base64');
    expect(secretsOf(`Basic ${credentials}`)).toEqual([credentials.replace(/=+$/, ''), 'pass:wörd!']);
    expect(secretsOf('key-123')).toEqual(['key-123']);
  });
});
