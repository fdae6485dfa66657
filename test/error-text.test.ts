import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorText } from '../src/redact.ts';
import { Secret } from '../src/secret.ts';

/** Long enough not to be in a text by chance. */
const mark = 'OPENSESAME';
const marked = fc
  .tuple(fc.string({ unit: 'grapheme', maxLength: 5 }), fc.string({ unit: 'grapheme', maxLength: 5 }))
  .map(([before, after]) => `${before}${mark}${after}`);

function shown(error: unknown): string {
  return JSON.stringify(errorText(error));
}

const circle: { self?: unknown } = {};
circle.self = circle;

describe('the text of an unexpected error', () => {
  it('contains its type, message and stack, and those of its causes', () => {
    const cause = new RangeError('the cause');
    const { type, message, stack } = errorText(new TypeError('it broke', { cause }));
    expect([type, message]).toEqual(['TypeError', 'it broke']);
    expect(stack).toMatch(
      /^TypeError: it broke\n {4}at .*error-text\.test\.ts[\s\S]*\ncaused by RangeError: the cause\n {4}at /,
    );
  });

  it('contains the errors of an AggregateError', () => {
    const error = new AggregateError([new Error('first'), new Error('second')], 'all failed');
    expect(errorText(error).stack).toMatch(/all failed[\s\S]*first[\s\S]*second/);
  });

  it.each([
    undefined,
    null,
    'text',
    42,
    42n,
    {},
    Symbol('s'),
    circle,
  ])('is not empty for the thrown value %s', (thrown) => {
    expect(errorText(thrown).stack).not.toBe('');
  });

  it('ends at a circular cause', () => {
    const error = new Error('circle');
    error.cause = error;
    expect(errorText(error).stack).toContain('circle');
  });

  it('contains at most eight errors of a chain of causes', () => {
    const chain = Array.from({ length: 9 }).reduce<Error>(
      (cause, _, index) => new Error(`error ${9 - index}`, { cause }),
      new Error('the root'),
    );
    const { stack } = errorText(chain);
    expect(stack).toContain('error 8');
    expect(stack).not.toContain('error 9');
    expect(stack.match(/^caused by /gm)).toHaveLength(7);
  });

  it('hides secrets in messages, causes and thrown values, in every common encoding', () => {
    const quotations: readonly ((text: string) => string)[] = [
      String,
      JSON.stringify,
      encodeURIComponent,
      (text) => new URLSearchParams({ text }).toString(),
    ];
    fc.assert(
      fc.property(marked, fc.constantFrom(...quotations), (value, quoted) => {
        fc.pre(value.isWellFormed());
        const secret = new Secret(value).open();
        const text = `the request was ${quoted(secret)}`;
        const error = new Error(text, { cause: new AggregateError([new Error(text), text], text) });
        for (const each of [error, text, { nested: { text } }]) expect(shown(each)).not.toContain(mark);
      }),
      { numRuns: 20 },
    );
  });

  it('hides secrets with quotes in thrown values that are not errors', () => {
    const secret = `\\"'\`${mark}\`'"\\`;
    new Secret(secret);
    for (const text of [secret, JSON.stringify(secret)]) {
      for (const thrown of [text, { nested: { text } }, [text]]) expect(shown(thrown)).not.toContain(mark);
      expect(shown(new AggregateError([text], 'all failed'))).not.toContain(mark);
    }
  });

  it('hides every line of a private key', () => {
    const lines = Array.from({ length: 3 }, (_, index) => `${mark}${'x'.repeat(50)}${index}`);
    new Secret(['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n'));
    for (const line of lines) expect(shown(new Error(`bad line: ${line}`))).not.toContain(mark);
    expect(shown({ nested: { key: `${lines.join('\n')}\n` } })).not.toContain(mark);
  });

  it('hides a single line of a multi-line secret from 16 characters on', () => {
    const [short, long] = ['s'.repeat(15), 'l'.repeat(16)];
    new Secret(`${short}\n${long}\n`);
    expect(shown(new Error(`${short} ${long}`))).toContain(`${short} <secret>`);
  });

  it('hides user name and password of a proxy URL', () => {
    new Secret(`http://${mark}1:${mark}%2F2@proxy:3128`);
    expect(shown(new Error(`refused ${mark}1 and ${mark}/2, that is ${mark}%2F2`))).not.toContain(mark);
  });

  it('hides credentials of headers and tokens, known or not', () => {
    const token = `eyJhbGciOiJub25lIn0.${Buffer.from(`{"sub":"${mark}"}`).toString('base64url')}.c2ln`;
    const header = Buffer.from(`user:${mark}`).toString('base64');
    expect(shown(new Error(`authorization: Bearer ${mark}.${mark}`))).not.toContain(mark);
    expect(shown(new Error(`authorization: Basic ${header}`))).not.toContain(header);
    expect(shown(new Error(`{"access_token":"${token}"}`))).not.toContain(token.split('.')[1]);
  });
});
