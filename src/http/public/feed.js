/** Asks the exporter again and again. */

/** @import { StatusDocument } from '../status.ts' */

/** Milliseconds between two questions; in a tab that nobody sees, a title is all there is to bring up to date. */
const pause = { visible: 3_000, hidden: 30_000 };
/** Milliseconds. */
const patience = 10_000;

/**
 * @typedef {object} Listener
 * @property {(next: StatusDocument) => void} onChange
 * @property {() => void} onAnswer after every answer, the same or another
 * @property {(why: string) => void} onSilence after every question that was not answered as it should be
 */

/** @param {Listener} listener */
export function follow(listener) {
  let etag = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let asking = false;

  const ask = async () => {
    if (asking) return;
    asking = true;
    clearTimeout(timer);
    try {
      const answer = await fetch('./api/v1/clusters', {
        headers: etag === '' ? {} : { 'if-none-match': etag },
        cache: 'no-store',
        signal: AbortSignal.timeout(patience),
      });
      if (answer.status !== 304) {
        listener.onChange(await read(answer));
        etag = answer.headers.get('etag') ?? '';
      }
      listener.onAnswer();
    } catch (error) {
      listener.onSilence(error instanceof Unusable ? error.message : 'The exporter does not answer');
    }
    asking = false;
    timer = setTimeout(ask, document.hidden ? pause.hidden : pause.visible);
  };
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void ask();
  });
  void ask();
}

/** An answer, but not one that this page can show. */
class Unusable extends Error {}

/**
 * @param {Response} answer
 * @returns {Promise<StatusDocument>}
 */
async function read(answer) {
  if (answer.status !== 200) throw new Unusable(`The exporter answers with the error ${answer.status}`);
  const next = await answer.json();
  if (next.apiVersion !== 1) throw new Unusable('The exporter is of another version than this page: load it again');
  return next;
}
