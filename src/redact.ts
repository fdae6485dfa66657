import { codePointsOf, type DecodedText, decodingsOf, occurrencesOf } from './encoded-text.ts';
import { everySecret } from './secret.ts';

/** UTF-16 units of a text that are shown. Messages are shorter than that. */
const maxShown = 16 * 1024;

/** UTF-16 units of a secret that are searched for. */
const maxRecognized = 4 * 1024;

/** UTF-16 units that one unit of a secret can become: 6 in `\u0022` or `&quot;`, each of which may be escaped again. */
const maxEncoded = 6 * 6;

/**
 * Replaces secrets by `<secret>` in a text from outside, which may quote the request that contained them: as they are,
 * percent-encoded, escaped for JSON or HTML, or with two of these applied one after the other. Reads only the part of
 * the text that is shown, and secrets that begin there. A longer secret is recognized by its beginning, and the text is
 * cut off there.
 */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const patterns = secrets.map(patternOf);
  const longest = Math.min(maxRecognized, Math.max(0, ...secrets.map(({ length }) => length)));
  const read = text.slice(0, maxShown + longest * maxEncoded);
  const hidden = new Uint8Array(read.length);
  for (const decoded of patterns.length === 0 ? [] : decodingsOf(read)) {
    for (const pattern of patterns) markIn(decoded, pattern, hidden);
  }
  const shown = withoutHidden(read.slice(0, maxShown), hidden);
  return text.length > maxShown ? `${shown}…` : shown;
}

interface Pattern {
  readonly codePoints: Uint32Array;
  /** Whether the secret continues after these code points. */
  readonly isBeginning: boolean;
}

function patternOf(secret: string): Pattern {
  const beginning = secret.slice(0, maxRecognized);
  const isBeginning = beginning !== secret;
  // The cut may have left one half of a surrogate pair.
  return { codePoints: codePointsOf(isBeginning ? beginning.replace(/\p{Cs}$/u, '') : secret), isBeginning };
}

/** Marks the characters of the text that are part of a secret. */
function markIn(decoded: DecodedText, { codePoints, isBeginning }: Pattern, hidden: Uint8Array): void {
  const found = occurrencesOf(codePoints, decoded);
  const first = found.at(-1);
  if (first === undefined) return;
  if (isBeginning) {
    hidden.fill(1, first);
    return;
  }
  /** The number of code points of a secret that remain from an index on. */
  const left = new Uint32Array(hidden.length + 1);
  for (const index of found) left[index] = codePoints.length;
  for (let index = first; index < hidden.length; index++) {
    const count = left[index] ?? 0;
    if (count === 0) continue;
    const next = decoded.next[index] ?? hidden.length;
    hidden.fill(1, index, next);
    left[next] = Math.max(left[next] ?? 0, count - 1);
  }
}

function withoutHidden(text: string, hidden: Uint8Array): string {
  let shown = '';
  for (let index = 0; index < text.length; ) {
    const isHidden = hidden[index] === 1;
    const found = hidden.indexOf(isHidden ? 0 : 1, index);
    const end = found === -1 ? text.length : Math.min(found, text.length);
    shown += isHidden ? '<secret>' : text.slice(index, end);
    index = end;
  }
  return shown;
}

/** Returns the secret parts of a header's value: the credentials without their scheme, and the password of Basic. */
export function secretsInHeader(header: string): readonly string[] {
  const [, scheme, credentials] = /^(Basic|Bearer) (.+)$/.exec(header) ?? [];
  if (credentials === undefined) return [header];
  if (scheme === 'Bearer') return [credentials];
  const [, password = ''] = /:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
  // The padding holds no information, and a quote of the header may lack it.
  return [credentials.replace(/=+$/, ''), password];
}

/** Makes a text from outside fit for a log line: a single line without control characters, cut at `max` characters. */
export function singleLine(text: string, max = 200): string {
  const line = text
    .slice(0, 4 * max)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return line.length > max ? `${line.slice(0, max).replace(/\p{Cs}$/u, '')}…` : line;
}

/** Control and format characters (such as those that change the direction), surrogates and line separators. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * Replaces characters that a terminal would act on or not show by escape sequences of JSON. The meaning of a JSON text
 * stays the same.
 */
export function escapeUnprintable(text: string): string {
  return text.replace(unprintable, (character) =>
    Array.from({ length: character.length }, (_, index) => escaped(character.charCodeAt(index))).join(''),
  );
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

export interface ErrorText {
  readonly type: string;
  readonly message: string;
  /** The stack of the error and of its causes. */
  readonly stack: string;
}

/** Describes an unexpected error without any secret that it may quote. */
export function errorText(error: unknown): ErrorText {
  const secrets = everySecret().flatMap(partsOf);
  const hide = (text: string) => hideSecrets(text, secrets).replace(credentials, '<secret>');
  const isError = error instanceof Error;
  return {
    type: isError ? error.constructor.name : typeof error,
    message: hide(isError ? error.message : textOf(error)),
    stack: hide(chain(error).map(stackOf).join('\ncaused by ')),
  };
}

/** Credentials after `Basic` or `Bearer` in a header, and JSON Web Tokens. */
const credentials = /(?<=(?:Basic|Bearer)(?: |%20|\+))[\w.~+/=-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/** Returns the forms in which an error may quote a secret: single lines of a key, the user information of a URL. */
function partsOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= 16);
  const url = URL.parse(secret);
  const information = url ? [url.username, url.password] : [];
  return [secret, ...lines, ...information, ...information.map(decoded)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Ends the walk along causes that form a circle. */
const maxCauses = 8;

function chain(error: unknown): readonly unknown[] {
  const errors = [error];
  for (let each = error; each instanceof Error && each.cause !== undefined && errors.length < maxCauses; ) {
    each = each.cause;
    errors.push(each);
  }
  return errors;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return textOf(error);
  const inside = error instanceof AggregateError ? error.errors.map((each) => `\n  of which ${stackOf(each)}`) : [];
  return `${error.stack ?? error}${inside.join('')}`;
}

/** Returns the text of a thrown value that is no Error, as JSON: secrets are not recognized in `inspect`'s escapes. */
function textOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  try {
    return JSON.stringify(thrown) ?? String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}
