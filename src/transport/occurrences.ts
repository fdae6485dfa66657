import type { DecodedText } from './decodings.ts';

/**
 * Finds where a pattern begins in a decoded text, from the last place to the first. Knuth, Morris and Pratt's search,
 * from right to left, since each index has one that follows it, and may follow several. With their strong failure
 * function an index costs at most a number of steps that is logarithmic in the length of the pattern.
 */
export function occurrencesOf(pattern: ArrayLike<number>, { codePoints, next }: DecodedText): readonly number[] {
  const found: number[] = [];
  const { length } = pattern;
  if (length === 0 || length > codePoints.length) return found;
  const reversed = Uint32Array.from(pattern).reverse();
  const failures = failuresOf(reversed);
  /** How many code points from an index on are the end of the pattern. */
  const matched = new Uint32Array(codePoints.length + 1);
  for (let index = codePoints.length - 1; index >= 0; index--) {
    let state = matched[next[index] ?? 0] ?? 0;
    while (state >= 0 && reversed[state] !== codePoints[index]) state = failures[state] ?? -1;
    matched[index] = state + 1;
    if (state + 1 === length) found.push(index);
  }
  return found;
}

/** Where to go on after a mismatch behind so many code points of the pattern; -1 where its beginning fails as well. */
function failuresOf(pattern: Uint32Array): Int32Array {
  const failures = new Int32Array(pattern.length + 1).fill(-1);
  let border = 0;
  for (let position = 1; position < pattern.length; position++) {
    failures[position] = pattern[position] === pattern[border] ? (failures[border] ?? -1) : border;
    while (border >= 0 && pattern[position] !== pattern[border]) border = failures[border] ?? -1;
    border++;
  }
  failures[pattern.length] = border;
  return failures;
}
