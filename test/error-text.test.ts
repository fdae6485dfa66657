import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorText } from '../src/redact.ts';
import { Secret } from '../src/secret.ts';

/** Long enough to be in no text by chance. */
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
  it('has its message, its stack, and those of its causes', () => {
    const cause = new RangeError('the cause');
    const { type, message, stack } = errorText(new TypeError('it broke', { cause }));
    expect([type, message]).toEqual(['TypeError', 'it broke']);
    expect(stack).toMatch(
      /^TypeError: it broke\n {4}at .*error-text\.test\.ts[\s\S]*\ncaused by RangeError: the cause\n {4}at /,
    );
  });

  it('has what is in an aggregate of errors', () => {
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
  ])('is there for %s, which is no error', (thrown) => {
    expect(errorText(thrown).stack).not.toBe('');
  });

  it('ends where a cause leads back to itself', () => {
    const error = new Error('circle');
    error.cause = error;
    expect(errorText(error).stack).toContain('circle');
  });

  it('has eight errors of a chain of causes', () => {
    const chain = Array.from({ length: 9 }).reduce<Error>(
      (cause, _, index) => new Error(`error ${9 - index}`, { cause }),
      new Error('the root'),
    );
    const { stack } = errorText(chain);
    expect(stack).toContain('error 8');
    expect(stack).not.toContain('error 9');
    expect(stack.match(/^caused by /gm)).toHaveLength(7);
  });

  it('never shows a secret that was made, wherever and however the error quotes it', () => {
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

  it('never shows a secret with quotes in a value that was thrown and is no error', () => {
    const secret = `\\"'\`${mark}\`'"\\`;
    new Secret(secret);
    for (const text of [secret, JSON.stringify(secret)]) {
      for (const thrown of [text, { nested: { text } }, [text]]) expect(shown(thrown)).not.toContain(mark);
      expect(shown(new AggregateError([text], 'all failed'))).not.toContain(mark);
    }
  });

  it('shows no line of a key', () => {
    const lines = Array.from({ length: 3 }, (_, index) => `${mark}${'x'.repeat(50)}${index}`);
    new Secret(['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n'));
    for (const line of lines) expect(shown(new Error(`bad line: ${line}`))).not.toContain(mark);
    expect(shown({ nested: { key: `${lines.join('\n')}\n` } })).not.toContain(mark);
  });

  it('takes a line of a secret for one of its own from 16 characters on', () => {
    const [short, long] = ['s'.repeat(15), 'l'.repeat(16)];
    new Secret(`${short}\n${long}\n`);
    expect(shown(new Error(`${short} ${long}`))).toContain(`${short} <secret>`);
  });

  it('shows neither user nor password of a proxy’s URL', () => {
    new Secret(`http://${mark}1:${mark}%2F2@proxy:3128`);
    expect(shown(new Error(`refused ${mark}1 and ${mark}/2, that is ${mark}%2F2`))).not.toContain(mark);
  });

  it('shows no credentials of a header and no token, be they known or not', () => {
    const token = `eyJhbGciOiJub25lIn0.${Buffer.from(`{"sub":"${mark}"}`).toString('base64url')}.c2ln`;
    const header = Buffer.from(`user:${mark}`).toString('base64');
    expect(shown(new Error(`authorization: Bearer ${mark}.${mark}`))).not.toContain(mark);
    expect(shown(new Error(`authorization: Basic ${header}`))).not.toContain(header);
    expect(shown(new Error(`{"access_token":"${token}"}`))).not.toContain(token.split('.')[1]);
  });
});
