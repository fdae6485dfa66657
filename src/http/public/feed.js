/** Polls the status document of the exporter, or the part of it that the page shows. */

/**
 * @import { ClusterSummary } from '../../status/cluster-summary.ts'
 * @import { StatusDocument } from '../../status/status-document.ts'
 */

/** Milliseconds between two requests. A hidden tab needs updates only for its title. */
const pause = { visible: 3_000, hidden: 30_000 };
/** Milliseconds. */
const timeout = 10_000;

/**
 * @typedef {object} Answer
 * @property {StatusDocument<ClusterSummary>} [document] if it has changed
 * @property {string} [etag]
 * @property {boolean} [isAbsent] whether there is no cluster of the requested name
 * @property {string} [failure] why the request failed: a sentence without full stop
 */

/**
 * @typedef {object} Listener
 * @property {() => string} query returns which part the page shows now: the query of the request's URL
 * @property {(next: StatusDocument<ClusterSummary>, query: string) => void} onChange
 * @property {() => void} onAbsent called if there is no cluster of the requested name
 * @property {() => void} onSuccess called after every successful request, whether the document changed or not
 * @property {(failure: string) => void} onFailure called after every failed request
 */

/**
 * @param {Listener} listener
 * @returns {{ readonly follow: () => void }} `follow` requests at once if the page now shows another part
 */
export function pollStatus({ query, onChange, onAbsent, onSuccess, onFailure }) {
  let requested = { query: '', etag: '' };
  let current = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const poll = async () => {
    clearTimeout(timer);
    current.abort();
    current = new AbortController();
    const { signal } = current;
    const wanted = query();
    const before = wanted === requested.query ? requested.etag : '';
    requested = { query: wanted, etag: before };
    const { document: next, etag = before, isAbsent, failure } = await request(wanted, before, signal);
    if (signal.aborted) return;
    timer = setTimeout(poll, document.hidden ? pause.hidden : pause.visible);
    if (failure !== undefined) return onFailure(failure);
    if (isAbsent) onAbsent();
    if (next) onChange(next, wanted);
    // Only once the document is shown: the next request repeats one that could not be.
    if (!signal.aborted) requested = { query: wanted, etag };
    onSuccess();
  };
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void poll();
  });
  void poll();
  return {
    follow: () => {
      if (query() !== requested.query) void poll();
    },
  };
}

/**
 * @param {string} query
 * @param {string} etag of the document that the page shows
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
async function request(query, etag, signal) {
  try {
    const answer = await fetch(`./api/v1/clusters${query}`, {
      // Bypasses the browser's cache, as a cached document has an old time. Without max-age=0 the browser would send
      // Cache-Control: no-cache, which requests the complete document again.
      cache: 'no-store',
      headers: etag === '' ? {} : { 'if-none-match': etag, 'cache-control': 'max-age=0' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    });
    if (answer.status === 304) return {};
    if (answer.status === 404 && query.startsWith('?cluster=')) return { isAbsent: true };
    if (answer.status !== 200) return { failure: `The exporter returned HTTP ${answer.status}` };
    const next = await answer.json();
    if (next.apiVersion !== 1) return { failure: 'This page belongs to another version of the exporter. Reload it' };
    return { document: next, etag: answer.headers.get('etag') ?? '' };
  } catch {
    return { failure: 'The exporter does not respond' };
  }
}
