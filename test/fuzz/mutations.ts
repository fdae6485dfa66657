import fc from 'fast-check';
import { type Path, replaced } from '../faults/documents.ts';

interface Slip {
  /** Where, as a share of the text. */
  readonly at: number;
  readonly removed: number;
  readonly inserted: string;
}

/** The text with a few slips of the pen: characters lost, others come in. */
export function mistyped(text: string, characters: string): fc.Arbitrary<string> {
  const slip: fc.Arbitrary<Slip> = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.nat(8),
    inserted: fc.oneof(
      fc.string({ unit: fc.constantFrom(...characters), maxLength: 4 }),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
  });
  return fc.array(slip, { minLength: 1, maxLength: 5 }).map((slips) => slips.reduce(slipped, text));
}

function slipped(text: string, { at, removed, inserted }: Slip): string {
  const start = Math.floor(at * text.length);
  return text.slice(0, start) + inserted + text.slice(start + removed);
}

/** The document with other values at some of its places. */
export function rewritten(document: unknown): fc.Arbitrary<unknown> {
  const change = fc.record({ path: fc.constantFrom(...pathsOf(document)), value: oddValue });
  return fc
    .array(change, { minLength: 1, maxLength: 4 })
    .map((changes) => changes.reduce((changed, { path, value }) => replaced(changed, path, value), document));
}

/** Values of JSON, those that matter in a topology or a token more often than others. */
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, 0, -1, 1, 2, 1.5, 8_193, 2 ** 53, 1e300, '', '0', '-1', 'leader', 'http://127.0.0.1:1/'),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary' }),
);

function pathsOf(value: unknown): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [[]];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const inner = keys.flatMap((key) => pathsOf(Reflect.get(value, key)).map((path) => [key, ...path]));
  return [[], ...inner];
}
