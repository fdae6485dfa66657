/**
 * Hides secrets in a text of others, which may show the request that held them: as they are, percent-encoded,
 * escaped for JSON or HTML, or two of these, one after the other.
 */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== '')
    .flatMap(spellingsOf)
    .toSorted((one, other) => other.length - one.length)
    .reduce((hidden, spelling) => hidden.replaceAll(spelling, '<secret>'), text);
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

/** Of what was last hidden: there are hundreds of spellings of a long token, and a failing cluster hides it with every poll. */
const lastSpellings = new Map<string, readonly string[]>();
const mostRemembered = 1_000;

function spellingsOf(secret: string): readonly string[] {
  const remembered = lastSpellings.get(secret);
  if (remembered) return remembered;
  if (lastSpellings.size >= mostRemembered) lastSpellings.clear();
  const spellings = allSpellingsOf(secret);
  lastSpellings.set(secret, spellings);
  return spellings;
}

function allSpellingsOf(secret: string): readonly string[] {
  const once = encodings(secret);
  const twice = [...new Set(once)].flatMap(encodings);
  const upperCase = [secret, ...once, ...twice];
  const lowerCase = upperCase.map((text) => text.replace(/%[\dA-F]{2}/g, (byte) => byte.toLowerCase()));
  return [...new Set([...upperCase, ...lowerCase])];
}

function encodings(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1);
  return [
    // What is left as it is by a query, by encodeURIComponent, by a form, by a path, and by RFC 6749, 2.3.1.
    ...["-_.~!$'()*,;:@/?", "-_.~!'()*", '-_.*', '-_.~/', '-_.~', ''].flatMap((kept) => percentEncoded(text, kept)),
    json,
    json.replaceAll('/', '\\/'),
    json.replace(/[^ -~]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`),
    json.replace(/[^ -~]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4).toLowerCase()}`),
    ...['&#39;', '&#039;', '&#x27;', '&apos;'].map((apostrophe) => htmlEscaped(text, apostrophe)),
  ];
}

function percentEncoded(text: string, kept: string): readonly string[] {
  const encoded = text.replace(/[^a-zA-Z\d]/gu, (character) =>
    kept.includes(character) ? character : [...Buffer.from(character)].map((byte) => `%${hex(byte, 2)}`).join(''),
  );
  return [encoded, encoded.replaceAll('%20', '+')];
}

function htmlEscaped(text: string, apostrophe: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", apostrophe);
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
