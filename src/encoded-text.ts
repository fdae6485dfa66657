/**
 * A text that has been decoded at each of its UTF-16 units: the code point that begins there, and the index of the next
 * one. Reading may also begin inside an escape sequence, so the meaning of a part of the text does not depend on what
 * precedes it.
 */
export interface DecodedText {
  readonly codePoints: Uint32Array;
  readonly next: Uint32Array;
}

/**
 * Returns the text as it is, and decoded from percent-encoding, JSON escapes, HTML escapes, and each pair of these
 * applied one after the other. Omits decodings that change nothing. Time and space are linear in the length of the
 * text.
 */
export function decodingsOf(text: string): readonly DecodedText[] {
  const plain = plainText(text);
  const once = decodedByEach(plain);
  return [plain, ...once, ...once.flatMap(decodedByEach)];
}

/** Returns the code points of a text, with `+` as a space (as in forms) and lone surrogates as U+FFFD. */
export function codePointsOf(text: string): Uint32Array {
  return Uint32Array.from(text, (character) => canonical(character.codePointAt(0) ?? 0));
}

function plainText(text: string): DecodedText {
  const codePoints = new Uint32Array(text.length);
  const next = new Uint32Array(text.length);
  for (let index = 0; index < text.length; index++) {
    const codePoint = text.codePointAt(index) ?? 0;
    codePoints[index] = canonical(codePoint);
    next[index] = index + (codePoint > 0xffff ? 2 : 1);
  }
  return { codePoints, next };
}

function canonical(codePoint: number): number {
  if (codePoint === plus) return space;
  return isSurrogate(codePoint) ? 0xfffd : codePoint;
}

function decodedByEach(text: DecodedText): readonly DecodedText[] {
  return encodings.flatMap((encoding) => decoded(text, encoding) ?? []);
}

/** A way to escape characters: `mark` begins an escape sequence, `read` reads the rest of it. */
interface Encoding {
  readonly mark: number;
  readonly read: (text: Cursor) => number | undefined;
}

/** Returns undefined if no escape sequence of this encoding is in the text. */
function decoded(text: DecodedText, { mark, read }: Encoding): DecodedText | undefined {
  let result: DecodedText | undefined;
  for (let index = text.codePoints.indexOf(mark); index !== -1; index = text.codePoints.indexOf(mark, index + 1)) {
    const cursor = cursorAt(text, index);
    cursor.take();
    const codePoint = read(cursor);
    if (codePoint === undefined) continue;
    result ??= { codePoints: text.codePoints.slice(), next: text.next.slice() };
    result.codePoints[index] = canonical(codePoint);
    result.next[index] = cursor.index();
  }
  return result;
}

/** A position in a decoded text, which advances as characters are taken. */
interface Cursor {
  readonly index: () => number;
  /** Takes the next code point; returns -1 at the end. */
  readonly take: () => number;
  /** Takes these characters, or none of them if other ones follow. */
  readonly takeAll: (characters: string) => boolean;
  /** Takes at most `max` digits and returns their value; undefined if there are fewer than `min`. */
  readonly takeDigits: (base: 10 | 16, min: number, max: number) => number | undefined;
}

function cursorAt({ codePoints, next }: DecodedText, start: number): Cursor {
  let index = start;
  const take = () => {
    const codePoint = codePoints[index] ?? -1;
    index = next[index] ?? index;
    return codePoint;
  };
  return {
    index: () => index,
    take,
    takeAll: (characters) => {
      const before = index;
      for (let position = 0; position < characters.length; position++) {
        if (take() !== characters.charCodeAt(position)) {
          index = before;
          return false;
        }
      }
      return true;
    },
    takeDigits: (base, min, max) => {
      let value = 0;
      for (let count = 0; count < max; count++) {
        const digit = digitOf(codePoints[index] ?? -1);
        if (digit >= base) return count < min ? undefined : value;
        value = value * base + digit;
        take();
      }
      return value;
    },
  };
}

/** Returns the value of a hexadecimal digit; 16 for any other code point. */
function digitOf(codePoint: number): number {
  if (codePoint >= 0x30 && codePoint <= 0x39) return codePoint - 0x30;
  const lowerCase = codePoint | 0x20;
  return lowerCase >= 0x61 && lowerCase <= 0x66 ? lowerCase - 0x61 + 10 : 16;
}

/** Reads percent-encoded UTF-8 (RFC 3986, 2.1). */
function readPercent(text: Cursor): number | undefined {
  const first = text.takeDigits(16, 2, 2);
  if (first === undefined || first < 0x80) return first;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  let codePoint = first & (0x7f >> length);
  for (let count = 1; count < length; count++) {
    const byte = text.takeAll('%') ? text.takeDigits(16, 2, 2) : undefined;
    if (byte === undefined) return undefined;
    codePoint = (codePoint << 6) | (byte & 0x3f);
  }
  return codePoint;
}

/** Reads an escape sequence of JSON (RFC 8259, 7). */
function readJson(text: Cursor): number | undefined {
  const name = text.take();
  if (name !== code('u')) return jsonNames.get(name);
  const unit = text.takeDigits(16, 4, 4);
  if (unit === undefined || !isSurrogate(unit)) return unit;
  const low = text.takeAll('\\u') ? text.takeDigits(16, 4, 4) : undefined;
  return low === undefined ? unit : String.fromCharCode(unit, low).codePointAt(0);
}

/** Reads a numeric character reference, or a named one of the five characters that HTML requires to be escaped. */
function readHtml(text: Cursor): number | undefined {
  const codePoint = text.takeAll('#')
    ? text.takeAll('x') || text.takeAll('X')
      ? text.takeDigits(16, 1, 6)
      : text.takeDigits(10, 1, 7)
    : htmlNames.find(([name]) => text.takeAll(name))?.[1];
  return text.takeAll(';') ? codePoint : undefined;
}

function isSurrogate(codePoint: number): boolean {
  return codePoint >= 0xd800 && codePoint <= 0xdfff;
}

function code(character: string): number {
  return character.charCodeAt(0);
}

const plus = code('+');
const space = code(' ');

const jsonNames = new Map(
  ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'].map(([name = '', character = '']) => [
    code(name),
    code(character),
  ]),
);

const htmlNames = ['amp&', 'lt<', 'gt>', 'quot"', "apos'"].map(
  (entity) => [entity.slice(0, -1), code(entity.slice(-1))] as const,
);

const encodings: readonly Encoding[] = [
  { mark: code('%'), read: readPercent },
  { mark: code('\\'), read: readJson },
  { mark: code('&'), read: readHtml },
];

/**
 * Returns the indexes at which a pattern begins in a decoded text, the last one first. Knuth, Morris and Pratt's search
 * from right to left, since each index has one successor but may have several predecessors. With their strong failure
 * function, each index takes at most a number of steps logarithmic in the length of the pattern.
 */
export function occurrencesOf(pattern: ArrayLike<number>, { codePoints, next }: DecodedText): readonly number[] {
  const found: number[] = [];
  const { length } = pattern;
  if (length === 0 || length > codePoints.length) return found;
  const reversed = Uint32Array.from(pattern).reverse();
  const failures = failuresOf(reversed);
  /** For each index, the number of code points from there on that match the end of the pattern. */
  const matched = new Uint32Array(codePoints.length + 1);
  for (let index = codePoints.length - 1; index >= 0; index--) {
    let state = matched[next[index] ?? 0] ?? 0;
    while (state >= 0 && reversed[state] !== codePoints[index]) state = failures[state] ?? -1;
    matched[index] = state + 1;
    if (state + 1 === length) found.push(index);
  }
  return found;
}

/**
 * Returns the state to continue with after a mismatch in each state; -1 if the search starts again with the next index.
 */
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
