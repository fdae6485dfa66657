/** Times by the exporter's clock, as text. Relative times are updated every second. */
import { element, setAttribute, setText } from './dom.js';

/** Seconds by which the exporter's clock is ahead of the browser's. */
let ahead = 0;

/** @param {number} now Unix time of the exporter in seconds */
export function setClock(now) {
  ahead = now - Date.now() / 1000;
}

/** Returns the exporter's time, in Unix seconds. */
export function now() {
  return Date.now() / 1000 + ahead;
}

/** @type {Intl.DateTimeFormatOptions} */
const timeWithZone = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'short' };
const time = new Intl.DateTimeFormat(undefined, timeWithZone);
const dateAndTime = new Intl.DateTimeFormat(undefined, {
  ...timeWithZone,
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});

/**
 * Returns the time of day with its time zone, and the date if it is not today.
 *
 * @param {number} at Unix time in seconds
 */
export function clockTime(at) {
  const moment = new Date(at * 1000);
  const today = new Date(now() * 1000);
  return moment.toDateString() === today.toDateString() ? time.format(moment) : dateAndTime.format(moment);
}

/** @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 100) return `${whole}\u00a0s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 100) return `${minutes}\u00a0min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}\u00a0h ${minutes % 60}\u00a0min` : `${Math.floor(hours / 24)}\u00a0days`;
}

/** @type {Readonly<Record<string, (seconds: number) => string>>} */
const forms = {
  ago: (seconds) => `${duration(seconds)} ago`,
  for: (seconds) => `for ${duration(seconds)}`,
  expiry: (seconds) => (seconds < 0 ? `expires in ${duration(-seconds)}` : `expired ${duration(seconds)} ago`),
};

/**
 * Creates a `<time>` with a relative time.
 *
 * @param {'ago' | 'for' | 'expiry'} form
 */
export function relativeTime(form) {
  const made = element('time', { 'data-form': form });
  return {
    element: made,
    /** @param {number | undefined} at Unix time in seconds */
    update: (at) => {
      setAttribute(made, 'data-at', at?.toString());
      setAttribute(made, 'datetime', at === undefined ? undefined : new Date(at * 1000).toISOString());
      setAttribute(made, 'title', at === undefined ? undefined : clockTime(at));
      refresh(made);
    },
  };
}

/** @param {HTMLElement} target */
function refresh(target) {
  const { at, form = 'ago' } = target.dataset;
  setText(target, at === undefined ? '' : (forms[form]?.(now() - Number(at)) ?? ''));
}

/** Called every second. */
export function refreshTimes() {
  for (const each of document.querySelectorAll('time[data-form]')) if (each instanceof HTMLElement) refresh(each);
}
