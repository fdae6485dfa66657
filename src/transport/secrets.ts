import { codePointsOf, type DecodedText, decodingsOf } from './decodings.ts';
import { occurrencesOf } from './occurrences.ts';

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
