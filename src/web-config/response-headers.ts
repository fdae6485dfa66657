/** exporter-toolkit's closed list, with the values that a header is limited to. */
export const knownHeaders: Readonly<Record<string, readonly string[]>> = {
  'Content-Security-Policy': [],
  'Strict-Transport-Security': [],
  'X-Content-Type-Options': ['nosniff'],
  'X-Frame-Options': ['deny', 'sameorigin'],
  'X-XSS-Protection': [],
};

/** Throws an Error that completes 'expected …'. A header without a value is not sent. */
export function responseHeaders(raw: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  for (const [name, value] of raw) {
    const values = Object.hasOwn(knownHeaders, name) ? knownHeaders[name] : undefined;
    if (values === undefined) {
      throw new Error(`headers among ${Object.keys(knownHeaders).join(', ')}`);
    }
    if (value !== '' && values.length > 0 && !values.includes(value)) {
      throw new Error(`${values.join(' or ')} for ${name}`);
    }
    if (!/^[\t\x20-\x7e]*$/.test(value)) {
      throw new Error(`a value of ${name} in ASCII, without control characters`);
    }
  }
  return Object.fromEntries(raw.filter(([, value]) => value !== ''));
}
