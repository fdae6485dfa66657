import fc from 'fast-check';
import { type Path, replaced } from '../faults/endpoint-documents.ts';

interface Typo {
  /** The position, as a fraction of the text. */
  readonly at: number;
  readonly removed: number;
  readonly inserted: string;
}

/** Generates the text with a few typos: removed and inserted characters. */
export function mistyped(text: string, characters: string): fc.Arbitrary<string> {
  const typo: fc.Arbitrary<Typo> = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.nat(8),
    inserted: fc.oneof(
      fc.string({ unit: fc.constantFrom(...characters), maxLength: 4 }),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
  });
  return fc.array(typo, { minLength: 1, maxLength: 5 }).map((typos) => typos.reduce(withTypo, text));
}

function withTypo(text: string, { at, removed, inserted }: Typo): string {
  const start = Math.floor(at * text.length);
  return text.slice(0, start) + inserted + text.slice(start + removed);
}

/** Generates the document with other values at some paths. */
export function rewritten(document: unknown): fc.Arbitrary<unknown> {
  const change = fc.record({ path: fc.constantFrom(...pathsOf(document)), value: oddValue });
  return fc
    .array(change, { minLength: 1, maxLength: 4 })
    .map((changes) => changes.reduce((changed, { path, value }) => replaced(changed, path, value), document));
}

/** Generates JSON values, often such that matter in a topology or a token. */
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
