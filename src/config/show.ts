/** How messages show what was found. */

const hidden = '<secret>';
const maxShown = 80;

export function showPlain(raw: unknown): string {
  const characters = [...JSON.stringify(raw)];
  return characters.length > maxShown ? `${characters.slice(0, maxShown).join('')}…` : characters.join('');
}

export function hide(): string {
  return hidden;
}

/**
 * A scheme, a host, a port, a path: nothing in it can be a password or a token. A colon that is followed by something
 * else than slashes or digits may stand before a password.
 */
const harmlessUrl =
  /^(?:https?:\/{0,3}|[a-z][a-z\d+.-]*:\/{1,3})?(?:\[[\da-f:.]+\]|[^\p{Cc}/@?#:]*)(?::(?:\d*|\$\{\w+\}))?(?:\/[^\p{Cc}?#@:]*)?$/iu;

export function showUrl(raw: string): string {
  return harmlessUrl.test(raw) ? showPlain(raw) : hidden;
}
