import { codePointsOf, type DecodedText, decodingsOf, occurrencesOf } from './encoded-text.ts';
import { everySecret } from './secret.ts';

/** UTF-16 units of a text that are shown at most; messages are shorter still. */
const maxShown = 16 * 1024;

/** UTF-16 units by which a secret is recognized. */
const maxRecognized = 4 * 1024;

/** UTF-16 units that stand for one of a secret: `\u0022` or `&quot;`, of which each is written so again. */
const maxEncoded = 6 * 6;

/**
 * Hides secrets in a text from outside, which may show the request that held them: as they are, percent-encoded,
 * escaped for JSON or HTML, or two of these, one after the other. Reads no more of the text than is shown, and a secret
 * that begins there. A secret too long for that is recognized by its beginning, behind which the text is cut off.
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
  /** Whether the secret goes on behind them. */
  readonly isBeginning: boolean;
}

function patternOf(secret: string): Pattern {
  const beginning = secret.slice(0, maxRecognized);
  const isBeginning = beginning !== secret;
  // A cut may have left one half of a surrogate pair.
  return { codePoints: codePointsOf(isBeginning ? beginning.replace(/\p{Cs}$/u, '') : secret), isBeginning };
}

/** Marks the characters of the text that show a secret. */
function markIn(decoded: DecodedText, { codePoints, isBeginning }: Pattern, hidden: Uint8Array): void {
  const found = occurrencesOf(codePoints, decoded);
  const first = found.at(-1);
  if (first === undefined) return;
  if (isBeginning) {
    hidden.fill(1, first);
    return;
  }
  /** How many code points of a secret begin at an index. */
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

/** What must not be seen of a header's value: the credentials without their scheme, and the password of Basic. */
export function secretsOf(header: string): readonly string[] {
  const [, scheme, credentials] = /^(Basic|Bearer) (.+)$/.exec(header) ?? [];
  if (credentials === undefined) return [header];
  if (scheme === 'Bearer') return [credentials];
  const [, password = ''] = /:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
  // The padding says nothing, and may get lost.
  return [credentials.replace(/=+$/, ''), password];
}

/** Text of others, made fit for a log line: one line, no control characters, not long. */
export function singleLine(text: string, most = 200): string {
  const line = text
    .slice(0, 4 * most)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return line.length > most ? `${line.slice(0, most).replace(/\p{Cs}$/u, '')}…` : line;
}

/** Controls, format characters such as those of direction, surrogates and line separators. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * Writes what a terminal would act on, or not show, as the escape sequences of JSON, so that a JSON text keeps its
 * meaning.
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
  /** With those of its causes. */
  readonly stack: string;
}

/** What may be told of an error that nobody expected, and of which nobody knows what it quotes. */
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

/** What follows `Basic` and `Bearer` in a header, and JSON Web Tokens. */
const credentials = /(?<=(?:Basic|Bearer)(?: |%20|\+))[\w.~+/=-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/** A key may be shown line by line, and of a proxy's URL only the user information. */
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

/** A cause that leads back to itself has to end somewhere. */
const mostCauses = 8;

function chain(error: unknown): readonly unknown[] {
  const errors = [error];
  for (let each = error; each instanceof Error && each.cause !== undefined && errors.length < mostCauses; ) {
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

/** Of what is no error. In JSON, since `inspect` escapes quotes in ways of its own, in which secrets are not recognized. */
function textOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  try {
    return JSON.stringify(thrown) ?? String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}
