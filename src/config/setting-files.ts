import { isUtf8 } from 'node:buffer';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { resolve as resolvePath } from 'node:path';
import { certificatesIn } from '../certificates.ts';
import { Secret } from '../secret.ts';
import { type ReadFile, readFailure } from './file-reader.ts';
import { secret } from './formats.ts';
import type { ResolvedSettings, Settings } from './resolve.ts';
import type { Key, Table, Value } from './setting.ts';

/** The settings that name a file, and those whose value may be in such a file instead. */
type FileKey<T extends Table> = Extract<Key<T>, `${string}_file`>;
type ValueKey<T extends Table> =
  FileKey<T> extends infer K ? (K extends `${infer N}_file` ? N & Key<T> : never) : never;

/** Settings and a function that reads the files that they name. */
export interface FileSettings<T extends Table> {
  readonly settings: Settings<T>;
  /** Where relative paths start. */
  readonly folder: string;
  readonly readFile: ReadFile;
}

/** Returns the absolute paths of the files that settings name, without duplicates. */
export function namedFiles({ values }: ResolvedSettings, folder: string): readonly string[] {
  const named = Object.entries(values).filter(([key]) => key.endsWith('_file'));
  const paths = named.flatMap(([, path]) => (typeof path === 'string' ? [resolvePath(folder, path)] : []));
  return [...new Set(paths)];
}

/**
 * Returns the parsed content of the file that a setting names; undefined if none is named, or if it is invalid, which
 * is reported. `parse` throws an Error whose message completes 'a file with …'.
 */
export function valueInFile<T extends Table, V>(
  files: FileSettings<T>,
  key: FileKey<T>,
  parse: (content: Buffer) => V,
): V | undefined {
  return parsedFile(files, key, parse);
}

/** Returns a value that is in the settings, or in the file that the setting `<key>_file` names. */
export function valueOrFile<T extends Table, K extends Key<T> & ValueKey<T>, V>(
  files: FileSettings<T>,
  key: K,
  parse: (content: Buffer) => V,
): NonNullable<Value<T[K]>> | V | undefined {
  const { settings } = files;
  const fileKey = `${key}_file`;
  if (settings.has(key) && settings.has(fileKey)) {
    settings.report(fileKey, `only one of ${settings.name(key)} and ${settings.name(fileKey)}`, 'both');
  }
  return settings.value<K>(key) ?? parsedFile(files, fileKey, parse);
}

function parsedFile<T extends Table, V>(
  { settings, folder, readFile }: FileSettings<T>,
  key: string,
  parse: (content: Buffer) => V,
): V | undefined {
  const path = settings.resolved.values[key];
  if (typeof path !== 'string') return undefined;
  const absolute = resolvePath(folder, path);
  let content: Buffer;
  try {
    content = readFile(absolute);
  } catch (error) {
    settings.report(key, 'a readable file', `${absolute}: ${readFailure(error)}`);
    return undefined;
  }
  try {
    return parse(content);
  } catch (error) {
    if (error instanceof EncodingError) {
      settings.report(key, 'a file in UTF-8', `${absolute}${error.position}: ${error.message}`);
      return undefined;
    }
    const expected = error instanceof Error ? error.message : 'something else';
    const [found, position] =
      error instanceof SecretTextError ? [error.found, error.position] : ['another content', ''];
    settings.report(key, `a file with ${expected}`, `${found} in ${absolute}${position}`);
    return undefined;
  }
}

/** A file is not in UTF-8. The message names its encoding as far as the bytes show it. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError';
  /** Follows the name of the file: `:2:5`, line and column; empty if the whole file is meant. */
  readonly position: string;

  constructor(found: string, position: string) {
    super(found);
    this.position = position;
  }
}

/** The text in a file cannot be a secret. The message is that of the format of secrets. */
class SecretTextError extends Error {
  override readonly name = 'SecretTextError';
  /** What is in the file instead. */
  readonly found: string;
  /** As that of an `EncodingError`. */
  readonly position: string;

  constructor(expected: string, found: string, position: string) {
    super(expected);
    this.found = found;
    this.position = position;
  }
}

const utf8Mark = Buffer.from([0xef, 0xbb, 0xbf]);
const utf16Marks = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];

/** Drops the byte order mark of UTF-8. Throws an `EncodingError` if the mark is that of UTF-16. */
function withoutByteOrderMark(content: Buffer): Buffer {
  if (utf16Marks.some((mark) => startsWith(content, mark))) throw new EncodingError('UTF-16', '');
  return startsWith(content, utf8Mark) ? content.subarray(utf8Mark.length) : content;
}

/** Returns a file's text without its byte order mark. Throws an `EncodingError` if it is not UTF-8. */
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

/** PEM is ASCII. The text beside it may be of any encoding that includes ASCII. */
export function pemOf(content: Buffer): string {
  return withoutByteOrderMark(content).toString('latin1');
}

function startsWith(content: Buffer, mark: Buffer): boolean {
  return content.subarray(0, mark.length).equals(mark);
}

/** Returns the content of a secret's file without the newlines that editors put at its end. */
export function secretInFile(content: Buffer): Secret {
  const text = textOf(content);
  let end = text.length;
  while (text[end - 1] === '\n') end -= text[end - 2] === '\r' ? 2 : 1;
  return checkedSecret(text.slice(0, end), text);
}

/** Says what is wrong with a secret, without showing a part of it. */
function checkedSecret(line: string, text: string): Secret {
  try {
    return secret(line);
  } catch (error) {
    const expected = error instanceof Error ? error.message : 'a secret';
    if (line === '') throw new SecretTextError(expected, text === '' ? 'nothing' : 'only line breaks', '');
    const lineCount = line.split('\n').length;
    if (lineCount > 1) throw new SecretTextError(expected, `${lineCount} lines`, '');
    const index = line.search(/\p{Cc}/u);
    const code = line.charCodeAt(index).toString(16).toUpperCase().padStart(4, '0');
    throw new SecretTextError(expected, `the control character U+${code}`, `:1:${index + 1}`);
  }
}

/** Accepts one or more PEM certificates (RFC 7468), the last one complete too, and other text between them. */
export function certificates(content: Buffer): string {
  const text = pemOf(content);
  const blocks = certificatesIn(text);
  const begun = text.split('-----BEGIN CERTIFICATE-----').length - 1;
  if (begun === 0 || blocks.length < begun || !blocks.every((block) => parses(() => new X509Certificate(block))))
    throw new Error('PEM certificates');
  return text;
}

export function privateKey(content: Buffer): Secret {
  const pem = pemOf(content);
  if (!parses(() => createPrivateKey(pem))) throw new Error('a PEM private key that is not encrypted');
  return new Secret(pem);
}

/** Whether the first certificate was issued for this key. */
export function belongTogether(certificate: string, key: Secret): boolean {
  return new X509Certificate(certificatesIn(certificate)[0] ?? certificate).checkPrivateKey(
    createPrivateKey(key.open()),
  );
}

function parses(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
