/** A year would switch a monitor off: no `Retry-After` holds longer than this. */
const longest = 60 * 60 * 1000;

/** `Retry-After` in milliseconds from `now`: seconds or an HTTP date (RFC 9110, 10.2.3), undefined for anything else. */
export function retryAfterOf(header: string, now: number): number | undefined {
  const delay = delayOf(header.trim(), now);
  return Number.isNaN(delay) ? undefined : Math.min(Math.max(0, delay), longest);
}

function delayOf(value: string, now: number): number {
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  // `Date.parse` finds a date in `1.5` and in `-5` too; all three forms of an HTTP date begin with the day's name.
  return /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value) ? Date.parse(value) - now : Number.NaN;
}
