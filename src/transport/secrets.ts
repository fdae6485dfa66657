/**
 * Hides secrets in a text of others, which may show the request that held them: as they are, percent-encoded, or
 * escaped for JSON or HTML.
 */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const patterns = secrets
    .filter((secret) => secret !== '')
    .toSorted((one, other) => other.length - one.length)
    .map((secret) => [...secret].map(patternOf).join(''));
  return patterns.length === 0 ? text : text.replace(new RegExp(patterns.join('|'), 'giu'), '<secret>');
}

/** What must not be seen of a header's value: the credentials without their scheme, and the password of Basic. */
export function secretsOf(header: string): readonly string[] {
  const [, scheme, credentials] = /^(Basic|Bearer) (.+)$/.exec(header) ?? [];
  if (credentials === undefined) return [header];
  if (scheme === 'Bearer') return [credentials];
  return [
    credentials,
    Buffer.from(credentials, 'base64')
      .toString()
      .replace(/^[^:]*:/, ''),
  ];
}

/** A character as it is, or as some encoder writes it. */
function patternOf(character: string): string {
  // No encoder touches these; tokens are made of them, and their patterns stay short.
  if (/^[a-z\d]$/i.test(character)) return character;
  const spellings = [
    character,
    [...Buffer.from(character)].map((byte) => `%${hex(byte, 2)}`).join(''),
    character
      .split('')
      .map((unit) => `\\u${hex(unit.charCodeAt(0), 4)}`)
      .join(''),
    JSON.stringify(character).slice(1, -1),
    `\\${character}`,
    `&#${character.codePointAt(0)};`,
    `&#x${hex(character.codePointAt(0) ?? 0, 1)};`,
    ...(named.get(character) ?? []),
  ].toSorted((one, other) => other.length - one.length);
  return `(?:${spellings.map((spelling) => spelling.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|')})`;
}

const named: ReadonlyMap<string, readonly string[]> = new Map([
  [' ', ['+']],
  ['"', ['&quot;']],
  ['&', ['&amp;']],
  ["'", ['&apos;', '&#039;']],
  ['<', ['&lt;']],
  ['>', ['&gt;']],
]);

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
