import { sleep } from '../clock.ts';
import type { Page } from '../metrics/page.ts';
import type { Handler } from './app.ts';
import { sendExposition } from './metrics-response.ts';
import { sendText } from './response.ts';

export interface ProbedCluster {
  readonly cluster: { readonly name: string };
  readonly polled: () => boolean;
  /** Whether a poll ended; shared by all who ask while it is under way. */
  readonly pollNow: () => Promise<boolean>;
}

export interface ProbedClusters {
  /** In the order of the configuration. */
  readonly all: () => readonly ProbedCluster[];
  readonly named: (name: string) => ProbedCluster | undefined;
}

/** Prometheus' own for such targets: the time that the answer needs to arrive. Seconds. */
const timeoutOffset = 0.5;

/** Seconds; a longer limit is none. Timers cannot hold more than 24 days. */
const longestPoll = 24 * 60 * 60;

/** `GET /probe?cluster=NAME`: one poll, and then that cluster's series. */
export function probe(clusters: ProbedClusters, page: Page): Handler {
  return async (request, response) => {
    const refuse = (status: number, why: string) => sendText(response, status, why);
    const known = () =>
      `the clusters are ${clusters
        .all()
        .map(({ cluster }) => cluster.name)
        .join(', ')}`;

    const names = new URLSearchParams(request.url?.replace(/^[^?]*/, '')).getAll('cluster');
    const [name = ''] = names;
    if (name === '' || names.length > 1) {
      return refuse(400, `expected one cluster, as in /probe?cluster=NAME; ${known()}`);
    }
    const cluster = clusters.named(name);
    if (!cluster) return refuse(404, `no such cluster; ${known()}`);

    const seconds = timeLeft(request.headers['x-prometheus-scrape-timeout-seconds']);
    const ended = await within(seconds, cluster.pollNow());
    // Not a failure of the cluster: how long a poll may take is the configuration's to say, not the scraper's.
    if (ended === undefined) return refuse(504, `the poll has not ended within ${seconds} s, and goes on`);
    if (!ended) return refuse(503, 'the poll was cut short: the exporter stops, or has read its configuration again');
    await sendExposition(request, response, (format, encoding) => page.bodyOf(name, format, encoding));
  };
}

/** Seconds; undefined where the client sets no limit. */
function timeLeft(header: string | readonly string[] | undefined): number | undefined {
  const seconds = Number(header);
  return seconds > 0 && seconds <= longestPoll ? Math.max(seconds - timeoutOffset, seconds / 2) : undefined;
}

/** Undefined where the time is over first. */
async function within<T>(seconds: number | undefined, promise: Promise<T>): Promise<T | undefined> {
  if (seconds === undefined) return promise;
  const ended = new AbortController();
  try {
    return await Promise.race([promise, sleep(seconds * 1000, ended.signal).then(() => undefined)]);
  } finally {
    ended.abort();
  }
}
