/** Says when the exporter does not answer, and from when what is shown then is. */
import { byId, setText } from './dom.js';
import { clockTime, duration } from './times.js';

/** By the browser's clock, in seconds: the exporter's is out of reach. */
const now = () => Date.now() / 1000;

/** @type {number | undefined} */
let answeredAt;

export function answered() {
  answeredAt = now();
  tell('');
}

/** @param {string} why a sentence without full stop */
export function unanswered(why) {
  tell(answeredAt === undefined ? `${why}.` : `${why}: what you see is from ${clockTime(answeredAt)}.`);
  refreshOutage();
}

/** To be called each second. The age stands outside of the alert, which would be read out each time. */
export function refreshOutage() {
  setText(byId('outage-age'), answeredAt === undefined ? '' : `${duration(now() - answeredAt)} ago`);
}

/** @param {string} text empty where all is well */
function tell(text) {
  byId('outage').hidden = text === '';
  document.documentElement.classList.toggle('stale', text !== '');
  setText(byId('outage-text'), text);
}
