/** How messages show what was found. */

const hidden = '<secret>';

export function showPlain(raw: unknown): string {
  return JSON.stringify(raw).slice(0, 80);
}

export function hide(): string {
  return hidden;
}

/** A scheme, a host, a port, a path: nothing in it can be a password or a token. */
const harmlessUrl = /^([a-z]+:\/*)?([\w.-]+|\[[\da-f:.]+\])(:\d+)?(\/[^?#@\s]*)?$/i;

export function showUrl(raw: string): string {
  return harmlessUrl.test(raw) ? showPlain(raw) : hidden;
}
