/** Polls the status document of the exporter. */

/** @import { StatusDocument } from '../../status/status-document.ts' */

/** Milliseconds between two requests. A hidden tab needs updates only for its title. */
const pause = { visible: 3_000, hidden: 30_000 };
/** Milliseconds. */
const timeout = 10_000;

/**
 * @typedef {object} Listener
 * @property {(next: StatusDocument) => void} onChange
 * @property {() => void} onSuccess called after every successful request, whether the document changed or not
 * @property {(reason: string) => void} onFailure called after every failed request, with a sentence without full stop
 */

/** @param {Listener} listener */
export function pollStatus({ onChange, onSuccess, onFailure }) {
  let etag = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let isPolling = false;

  const poll = async () => {
    if (isPolling) return;
    isPolling = true;
    clearTimeout(timer);
    const { document: next, etag: nextEtag = etag, failure } = await request(etag);
    isPolling = false;
    timer = setTimeout(poll, document.hidden ? pause.hidden : pause.visible);
    if (failure !== undefined) return onFailure(failure);
    if (next) onChange(next);
    etag = nextEtag;
    onSuccess();
  };
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void poll();
  });
  void poll();
}

/**
 * @param {string} etag of the document that the page shows
 * @returns {Promise<{ readonly document?: StatusDocument, readonly etag?: string, readonly failure?: string }>} the
 *   document if it has changed, or the reason why the request failed
 */
async function request(etag) {
  try {
    const answer = await fetch('./api/v1/clusters', {
      // Bypasses the browser's cache, as a cached document has an old time. Without max-age=0 the browser would send
      // Cache-Control: no-cache, which requests the complete document again.
      cache: 'no-store',
      headers: etag === '' ? {} : { 'if-none-match': etag, 'cache-control': 'max-age=0' },
      signal: AbortSignal.timeout(timeout),
    });
    if (answer.status === 304) return {};
    if (answer.status !== 200) return { failure: `The exporter returned HTTP ${answer.status}` };
    const next = await answer.json();
    if (next.apiVersion !== 1) return { failure: 'This page belongs to another version of the exporter. Reload it' };
    return { document: next, etag: answer.headers.get('etag') ?? '' };
  } catch {
    return { failure: 'The exporter does not respond' };
  }
}
