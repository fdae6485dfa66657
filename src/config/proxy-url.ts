/**
 * The URL of an HTTP proxy. Without a scheme it is http, as curl and Go read it: `proxy:3128`, `user:password@proxy`.
 * Undefined where the text is no such URL.
 */
export function proxyUrlOf(text: string): URL | undefined {
  if (text.length > maxLength || /[\s\p{Cc}]/u.test(text)) {
    return undefined;
  }
  if (/^https?:\/\/[^/\\]/i.test(text)) {
    return URL.parse(text) ?? undefined;
  }
  const hasNoScheme = /^(?!https?:)(?:[^/\\?#@]*@)?[^/\\?#@]+\/?$/i.test(text);
  return hasNoScheme ? (URL.parse(`http://${text}`) ?? undefined) : undefined;
}

/** Characters; longer than any URL of a proxy. */
const maxLength = 2_048;
