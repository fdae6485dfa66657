/**
 * Hides secrets in a text of others, which may show the request that held them: as they are, percent-encoded,
 * escaped for JSON or HTML, or both.
 */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const spelt = secrets.filter((secret) => secret !== '').map((secret) => [...secret].map(spellingsOf));
  if (spelt.length === 0) return text;
  const beginnings = spelt.flatMap(([first = []]) => first).map((spelling) => spelling.replace(special, '\\$&'));
  let hidden = '';
  let done = 0;
  // A pattern for whole secrets would outgrow what a regular expression may be, and the error would show it.
  for (const { index } of text.matchAll(new RegExp(`(?=${beginnings.join('|')})`, 'g'))) {
    const end = Math.max(...spelt.map((characters) => endOf(text, index, characters)));
    if (index < done || end <= index) continue;
    hidden += `${text.slice(done, index)}<secret>`;
    done = end;
  }
  return hidden + text.slice(done);
}

/** Where these characters end that begin at `start`; `start` itself where they are not there. */
function endOf(text: string, start: number, characters: readonly (readonly string[])[]): number {
  let ends: ReadonlySet<number> = new Set([start]);
  for (const spellings of characters) {
    const reached = (from: number) =>
      spellings.filter((spelling) => text.startsWith(spelling, from)).map(({ length }) => from + length);
    ends = new Set([...ends].flatMap(reached));
    if (ends.size === 0) return start;
  }
  return Math.max(...ends);
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

/** A character as it is, as some encoder writes it, or as two do, one after the other. */
function spellingsOf(character: string): readonly string[] {
  // No encoder touches these, and tokens are made of them.
  if (/^[a-z\d]$/i.test(character)) return [character];
  const once = encoders.map((encode) => encode(character));
  const twice = once.flatMap((encoded) => [percent(encoded), json(encoded)]);
  const lowerCase = [character, ...once, ...twice];
  const upperCase = lowerCase.map((spelling) =>
    spelling.replace(/(?<=%|u|x)[\da-f]+/g, (digits) => digits.toUpperCase()),
  );
  return [...new Set([...lowerCase, ...upperCase])];
}

type Encoder = (text: string) => string;

const percent: Encoder = (text) =>
  text.replace(/[^a-z\d]/giu, (character) => [...Buffer.from(character)].map((byte) => `%${hex(byte, 2)}`).join(''));

const json: Encoder = (text) => JSON.stringify(text).slice(1, -1);

const encoders: readonly Encoder[] = [
  percent,
  (text) => text.replaceAll(' ', '+'),
  json,
  (text) => `\\${text}`,
  (text) => text.replace(/./gs, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`),
  (text) => `&#${text.codePointAt(0)};`,
  (text) => `&#0${text.codePointAt(0)};`,
  (text) => `&#x${hex(text.codePointAt(0) ?? 0, 1)};`,
  (text) => named.get(text) ?? text,
];

const named: ReadonlyMap<string, string> = new Map([
  ['"', '&quot;'],
  ['&', '&amp;'],
  ["'", '&apos;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
]);

const special = /[\\^$.*+?()[\]{}|/]/g;

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
