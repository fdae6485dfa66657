import { isUtf8 } from 'node:buffer';

/** A file holds text in another encoding than UTF-8. The message says which, as far as the bytes show it. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError';
  /** Stands behind the name of the file: `:2:5`, line and column; empty where all of the file is meant. */
  readonly position: string;

  constructor(found: string, position: string) {
    super(found);
    this.position = position;
  }
}

const utf8Mark = Buffer.from([0xef, 0xbb, 0xbf]);
const utf16Marks = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];

/** Drops the byte order mark of UTF-8. Throws an `EncodingError` where the mark is that of UTF-16. */
function withoutByteOrderMark(content: Buffer): Buffer {
  if (utf16Marks.some((mark) => startsWith(content, mark))) {
    throw new EncodingError('UTF-16', '');
  }
  return startsWith(content, utf8Mark) ? content.subarray(utf8Mark.length) : content;
}

/** A file's text without its byte order mark. Throws an `EncodingError` where it is not UTF-8. */
export function textOf(content: Buffer): string {
  const bytes = withoutByteOrderMark(content);
  const text = bytes.toString();
  if (!isUtf8(bytes)) {
    const before = text.slice(0, text.indexOf('\uFFFD')).split('\n');
    throw new EncodingError(
      'a byte of another encoding, such as Latin-1',
      `:${before.length}:${(before.at(-1) ?? '').length + 1}`,
    );
  }
  return text;
}

/** PEM is ASCII. What stands beside it may be of any encoding that has ASCII in it. */
export function pemOf(content: Buffer): string {
  return withoutByteOrderMark(content).toString('latin1');
}

function startsWith(content: Buffer, mark: Buffer): boolean {
  return content.subarray(0, mark.length).equals(mark);
}
