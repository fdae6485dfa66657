/**
 * A text, decoded from each of its UTF-16 units on: the code point that is read there, and the index at which the next
 * one begins. Reading may also begin within an escape sequence, so that how a part of the text is read does not depend
 * on what stands before it.
 */
export interface DecodedText {
  readonly codePoints: Uint32Array;
  readonly next: Uint32Array;
}

/**
 * The text as it is, and as it reads where it is percent-encoded, escaped for JSON or HTML, or two of these, one after
 * the other. Leaves out what would be the same text once more. Time and space are linear in the length of the text.
 */
export function decodingsOf(text: string): readonly DecodedText[] {
  const plain = plainText(text);
  const once = decodedByEach(plain);
  return [plain, ...once, ...once.flatMap(decodedByEach)];
}

/** The code points of a text, in which `+` is the space that it stands for in a form, and a lone surrogate is U+FFFD. */
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

/** An escape sequence begins with that character; what follows it is read by the function. */
interface Encoding {
  readonly mark: number;
  readonly read: (text: Cursor) => number | undefined;
}

/** Undefined where nothing in the text is encoded. */
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

/** Reads a decoded text from an index on. */
interface Cursor {
  readonly index: () => number;
  /** Takes the next code point; -1 at the end. */
  readonly take: () => number;
  /** Takes these characters, or nothing where others follow. */
  readonly takeAll: (characters: string) => boolean;
  /** Takes digits to that base, at most so many, and gives their value; undefined where there are fewer than `min`. */
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

/** Of a hexadecimal digit; 16 where it is none. */
function digitOf(codePoint: number): number {
  if (codePoint >= 0x30 && codePoint <= 0x39) return codePoint - 0x30;
  const lowerCase = codePoint | 0x20;
  return lowerCase >= 0x61 && lowerCase <= 0x66 ? lowerCase - 0x61 + 10 : 16;
}

/** RFC 3986, 2.1; the bytes are those of UTF-8. */
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

/** RFC 8259, 7. */
function readJson(text: Cursor): number | undefined {
  const name = text.take();
  if (name !== code('u')) return jsonNames.get(name);
  const unit = text.takeDigits(16, 4, 4);
  if (unit === undefined || !isSurrogate(unit)) return unit;
  const low = text.takeAll('\\u') ? text.takeDigits(16, 4, 4) : undefined;
  return low === undefined ? unit : String.fromCharCode(unit, low).codePointAt(0);
}

/** The names and numbers by which every page escapes the characters that mean something to HTML. */
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
