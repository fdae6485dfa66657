/** A year would switch a monitor off: no `Retry-After` holds longer than this. */
const longest = 60 * 60 * 1000;

/** `Retry-After` in milliseconds from `now`: seconds or an HTTP date (RFC 9110, 10.2.3), undefined for anything else. */
export function retryAfterOf(header: string, now: number): number | undefined {
  const value = header.trim();
  const delay = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(delay) ? undefined : Math.min(Math.max(0, delay), longest);
}
