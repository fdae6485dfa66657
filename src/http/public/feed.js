/** Asks the exporter again and again. */

/** @import { StatusDocument } from '../../status/status-document.ts' */

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
export function follow({ onChange, onAnswer, onSilence }) {
  let etag = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let asking = false;

  const ask = async () => {
    if (asking) return;
    asking = true;
    clearTimeout(timer);
    const { document: next, etag: nextEtag = etag, why } = await request(etag);
    asking = false;
    timer = setTimeout(ask, document.hidden ? pause.hidden : pause.visible);
    if (why !== undefined) return onSilence(why);
    if (next) onChange(next);
    etag = nextEtag;
    onAnswer();
  };
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void ask();
  });
  void ask();
}

/**
 * @param {string} etag of the answer that the page has
 * @returns {Promise<{ readonly document?: StatusDocument, readonly etag?: string, readonly why?: string }>} another
 *   document, nothing where it is the same, or why there is none that the page can show
 */
async function request(etag) {
  try {
    const answer = await fetch('./api/v1/clusters', {
      // Past the browser's cache: an old answer tells an old time. Without max-age=0 that would ask for a whole one.
      cache: 'no-store',
      headers: etag === '' ? {} : { 'if-none-match': etag, 'cache-control': 'max-age=0' },
      signal: AbortSignal.timeout(patience),
    });
    if (answer.status === 304) return {};
    if (answer.status !== 200) return { why: `The exporter answers with the error ${answer.status}` };
    const next = await answer.json();
    if (next.apiVersion !== 1) return { why: 'The exporter is of another version than this page: load it again' };
    return { document: next, etag: answer.headers.get('etag') ?? '' };
  } catch {
    return { why: 'The exporter does not answer' };
  }
}
