import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equal } from '../../src/config/equal.ts';
import { Secret } from '../../src/secret.ts';

/** Something a configuration may hold, described so that the same description makes it twice. */
type Described =
  | { readonly kind: 'plain'; readonly value: string | number | boolean | undefined }
  | { readonly kind: 'secret' | 'url' | 'bytes'; readonly value: string }
  | { readonly kind: 'list'; readonly items: readonly Described[] }
  | { readonly kind: 'record'; readonly entries: readonly (readonly [string, Described])[] };

const key = fc.string({ maxLength: 3 }).filter((name) => name !== '__proto__');
const { described } = fc.letrec<{ described: Described }>((tie) => ({
  described: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({
      kind: fc.constant('plain' as const),
      value: fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(undefined)),
    }),
    fc.record({ kind: fc.constantFrom('secret' as const, 'url', 'bytes'), value: fc.string() }),
    fc.record({ kind: fc.constant('list' as const), items: fc.array(tie('described'), { maxLength: 3 }) }),
    fc.record({
      kind: fc.constant('record' as const),
      entries: fc.uniqueArray(fc.tuple(key, tie('described')), { maxLength: 3, selector: ([name]) => name }),
    }),
  ),
}));

function make(it: Described): unknown {
  switch (it.kind) {
    case 'plain':
      return it.value;
    case 'secret':
      return new Secret(it.value);
    case 'url':
      return new URL(`http://zeebe/${encodeURIComponent(it.value)}`);
    case 'bytes':
      return Buffer.from(it.value);
    case 'list':
      return it.items.map(make);
    case 'record':
      return Object.fromEntries(it.entries.map(([name, value]) => [name, make(value)]));
  }
}

/** Each of its leaves changed, one at a time. */
function changes(it: Described): readonly Described[] {
  switch (it.kind) {
    case 'plain':
      return [{ kind: 'plain', value: randomUUID() }];
    case 'secret':
    case 'url':
    case 'bytes':
      return [{ ...it, value: `${it.value}x` }];
    case 'list':
      return [
        { ...it, items: [...it.items, { kind: 'plain', value: undefined }] },
        ...it.items.flatMap((item, index) =>
          changes(item).map((each) => ({ ...it, items: it.items.with(index, each) })),
        ),
      ];
    case 'record':
      return [
        { ...it, entries: [...it.entries, ['another', { kind: 'plain', value: undefined }]] },
        ...it.entries.flatMap(([name, value], index) =>
          changes(value).map((each): Described => ({ ...it, entries: it.entries.with(index, [name, each]) })),
        ),
      ];
  }
}

describe('two configurations', () => {
  it('are equal where they say the same, be the keys in another order', () => {
    const reversed = (it: Described): Described => {
      if (it.kind === 'list') return { ...it, items: it.items.map(reversed) };
      if (it.kind !== 'record') return it;
      return { ...it, entries: it.entries.map(([name, value]) => [name, reversed(value)] as const).toReversed() };
    };
    fc.assert(fc.property(described, (it) => equal(make(it), make(reversed(it)))));
  });

  it('are not where anything in them differs, a secret too', () => {
    fc.assert(
      fc.property(described, (it) => {
        for (const other of changes(it)) {
          expect(equal(make(it), make(other))).toBe(false);
          expect(equal(make(other), make(it))).toBe(false);
        }
      }),
    );
  });

  it.each([
    ['a secret and its text', new Secret('a'), 'a'],
    ['a secret and what it shows', new Secret('a'), '<secret>'],
    ['nothing and an empty record', undefined, {}],
    ['a list and a record', ['a'], { 0: 'a' }],
    ['null and a record', null, {}],
    ['maps with other values', new Map([['a', new Secret('a')]]), new Map([['a', new Secret('b')]])],
    ['sets of other sizes', new Set(['a']), new Set(['a', 'b'])],
    ['a map and a set', new Map([['a', 1]]), new Set([['a', 1]])],
    ['a key that is missing and one that is undefined', {}, { a: undefined }],
    ['a key that every object has and one that is missing', { toString: 1 }, { valueOf: 1 }],
  ])('are not where they are %s', (_what, one, other) => {
    expect(equal(one, other)).toBe(false);
    expect(equal(other, one)).toBe(false);
  });

  it('are equal where they hold maps and sets with the same content', () => {
    const made = () => ({ map: new Map([['a', { secret: new Secret('a') }]]), set: new Set(['b']) });
    expect(equal(made(), made())).toBe(true);
  });

  it('are not where they hold something whose inside cannot be seen', () => {
    const opaque = new WeakMap();
    expect(equal(opaque, new WeakMap())).toBe(false);
    expect(equal(opaque, opaque)).toBe(true);
  });
});
