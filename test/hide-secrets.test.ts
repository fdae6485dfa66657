import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hideSecrets, secretsInHeader } from '../src/redact.ts';

const unit = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
const upperCaseUnit = (character: string) => unit(character).toUpperCase().replace('U', 'u');
const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
const inAsciiJson = (text: string) => inJson(text).replace(/[^ -~]/g, unit);
const perByte = (text: string) => Buffer.from(text).toString('hex').replace(/../g, '%$&');
const inHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** The encodings in which a response may quote a request. */
const encodings: readonly (readonly [string, (text: string) => string])[] = [
  ['percent-encoded', encodeURIComponent],
  ['percent-encoded in lower case', (text) => encodeURIComponent(text).replace(/%../g, (byte) => byte.toLowerCase())],
  ['percent-encoded by encodeURI', encodeURI],
  ['percent-encoded byte by byte', perByte],
  ['form-encoded', (text) => new URLSearchParams({ text }).toString().slice('text='.length)],
  ['in JSON', inJson],
  ['in JSON of ASCII letters', inAsciiJson],
  ['in JSON of ASCII letters, in upper-case hexadecimal', (text) => inJson(text).replace(/[^ -~]/g, upperCaseUnit)],
  ['in JSON, each unit escaped', (text) => text.replace(/[\s\S]/g, unit)],
  ['in JSON with escaped slashes', (text) => inJson(text).replaceAll('/', '\\/')],
  ['in JSON that is safe in HTML', (text) => inJson(text).replace(/[<>&'=+/]/g, upperCaseUnit)],
  ...["'", '&#39;', '&#039;', '&#x27;', '&apos;'].map(
    (apostrophe) => [`in HTML with ${apostrophe}`, (text: string) => inHtml(text).replaceAll("'", apostrophe)] as const,
  ),
  ['in HTML, each character by its number', (text) => Array.from(text, (each) => `&#${each.codePointAt(0)};`).join('')],
  [
    'in HTML, each character by its hexadecimal number',
    (text) => Array.from(text, (each) => `&#X${each.codePointAt(0)?.toString(16)};`).join(''),
  ],
];

/** No encoding, each encoding, and each encoding of an encoding. */
const spellings: readonly ((text: string) => string)[] = [
  (text) => text,
  ...encodings.flatMap(([, encode]) => [
    encode,
    ...encodings.map(
      ([, again]) =>
        (text: string) =>
          again(encode(text)),
    ),
  ]),
];

const anySecret = fc.oneof(
  fc.string({ minLength: 8, unit: 'grapheme' }).filter((text) => text.isWellFormed()),
  fc.string({ minLength: 8, unit: fc.constantFrom(...'aZ09 +/\\"\'<>&%=.-_~:\x7fäß€😀') }),
);
/** Includes characters that could be part of an escape sequence next to them. */
const anyText = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'%\\&#u0025c2;+x"') }));

describe('secrets in external text', () => {
  it.each([['unencoded', (text: string) => text] as const, ...encodings])('are hidden: %s', (_, spell) => {
    fc.assert(
      fc.property(anySecret, fc.string(), fc.string(), (secret, before, after) => {
        // fast-check prefers some words, such as toString: they may be the secret and the text around it.
        fc.pre(![secret, spell(secret)].some((quoted) => `${before} ${after}`.includes(quoted)));
        expect(hideSecrets(`${before}[${spell(secret)}]${after}`, [secret])).toBe(`${before}[<secret>]${after}`);
      }),
    );
  });

  it('are hidden in any encoding, and in any encoding of that, next to any text', () => {
    fc.assert(
      fc.property(anySecret, fc.constantFrom(...spellings), anyText, anyText, (secret, spell, before, after) => {
        const spelled = spell(secret);
        fc.pre(!`${before}<secret>${after}`.includes(spelled));
        const shown = hideSecrets(`${before}${spelled}${after}`, ['another secret', secret]);
        expect(shown).toContain('<secret>');
        expect(shown).not.toContain(spelled);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are hidden if only some of their characters are escaped', () => {
    fc.assert(
      fc.property(anySecret, fc.infiniteStream(fc.constantFrom(inJson, inAsciiJson)), (secret, encode) => {
        const spelled = Array.from(secret, (character) => encode.next().value(character)).join('');
        expect(hideSecrets(spelled, [secret])).toBe('<secret>');
      }),
    );
  });

  it('are hidden if they are thousands of characters long', () => {
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
  ])('are hidden if they look like an encoding themselves: %s', (secret) => {
    expect(hideSecrets(`[${secret}] [${JSON.stringify(secret).slice(1, -1)}]`, [secret])).toBe('[<secret>] [<secret>]');
    expect(hideSecrets(`[${encodeURIComponent(secret)}]`, [secret])).toBe('[<secret>]');
  });

  it('are all hidden, and the longer one has precedence where two begin', () => {
    expect(hideSecrets('one two, one, two', ['one', 'one two', 'two'])).toBe('<secret>, <secret>, <secret>');
  });

  it('are hidden if they overlap themselves', () => {
    expect(hideSecrets('abababa ab', ['aba'])).toBe('<secret> ab');
  });

  it('are hidden with all text after them if they are too long to be compared to their end', () => {
    const secret = `${'%"<>&\''.repeat(50_000)}!`;
    const page = `${inHtml(secret)} and `.repeat(3);
    expect(hideSecrets(`token ${secret} refused`, [secret])).toBe('token <secret>…');
    expect(hideSecrets(`token ${page}`, [secret, 'and'])).toBe('token <secret>…');
    expect(hideSecrets(`token ${perByte(perByte(secret))}`, [secret])).toBe('token <secret>…');
  });

  it('are hidden if the compared part ends within a surrogate pair', () => {
    const secret = `x${'😀'.repeat(4_096)}`;
    expect(hideSecrets(`token ${secret} refused`, [secret])).toBe('token <secret>');
    expect(hideSecrets(`token ${encodeURIComponent(secret)} refused`, [secret])).toBe('token <secret>…');
  });

  it('are hidden if the text is truncated within them', () => {
    const secret = 'eyJhbGciOiJub25lIn0'.repeat(200);
    for (const spelled of [secret, perByte(secret), perByte(perByte(secret))]) {
      const before = 'x'.repeat(16 * 1024 - 10);
      expect(hideSecrets(`${before}${spelled}${before}`, [secret])).toBe(`${before}<secret>…`);
    }
  });

  it('leave text without them unchanged', () => {
    expect(hideSecrets('nothing to see', ['hunter2', ''])).toBe('nothing to see');
    expect(hideSecrets('nothing to see', [])).toBe('nothing to see');
    const longest = 'x'.repeat(16 * 1024);
    expect(hideSecrets(longest, ['hunter2'])).toBe(longest);
  });

  it('are not searched for beyond the part that is shown', () => {
    expect(hideSecrets('x'.repeat(32 * 1024 * 1024), ['hunter2'])).toBe(`${'x'.repeat(16 * 1024)}…`);
    expect(hideSecrets('x'.repeat(32 * 1024 * 1024), [])).toBe(`${'x'.repeat(16 * 1024)}…`);
  });

  it('include the credentials of an Authorization header and the password of Basic', () => {
    expect(secretsInHeader('Bearer eyJ.eyJ.sig')).toEqual(['eyJ.eyJ.sig']);
    const credentials = Buffer.from('demo:pass:wörd!').toString('base64');
    expect(secretsInHeader(`Basic ${credentials}`)).toEqual([credentials.replace(/=+$/, ''), 'pass:wörd!']);
    expect(secretsInHeader('key-123')).toEqual(['key-123']);
  });
});
