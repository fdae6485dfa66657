/** A banner that says when the exporter does not respond, and how old the data is. */
import { byId, setText } from './dom.js';
import { clockTime, duration } from './times.js';

/** Seconds by the browser's clock, as the exporter's is not available during an outage. */
const now = () => Date.now() / 1000;

/** @type {number | undefined} */
let answeredAt;

export function showSuccess() {
  answeredAt = now();
  showBanner('');
}

/** @param {string} failure a sentence without full stop */
export function showFailure(failure) {
  showBanner(
    answeredAt === undefined ? `${failure}.` : `${failure}. This page shows data from ${clockTime(answeredAt)}.`,
  );
  refreshOutage();
}

/** Called every second. The age is outside of the alert, as screen readers would read every change. */
export function refreshOutage() {
  setText(byId('outage-age'), answeredAt === undefined ? '' : `${duration(now() - answeredAt)} ago`);
}

/** @param {string} text empty to hide the banner */
function showBanner(text) {
  byId('outage').hidden = text === '';
  document.documentElement.classList.toggle('stale', text !== '');
  setText(byId('outage-text'), text);
}
