import type { IncomingMessage, ServerResponse } from 'node:http';
import { within } from '../clock.ts';
import type { Absence } from '../cluster/fleet.ts';
import { shardText } from '../cluster/sharding.ts';
import type { ClusterConfig } from '../config/config.ts';
import type { Page } from '../metrics/page.ts';
import type { SendMetrics } from './metrics-response.ts';
import type { Sender } from './response.ts';
import { queryOf } from './startup.ts';

export interface ProbedCluster {
  readonly cluster: Pick<ClusterConfig, 'name' | 'labels' | 'meta'>;
  /** False while the exporter is to poll the cluster and no result is on the page. */
  readonly ready: () => boolean;
  /** Ends when the page shows a result that is recent enough. Returns false if the poll for it was cancelled. */
  readonly probe: () => Promise<boolean>;
}

export interface ProbedClusters {
  /** In the order of the configuration. */
  readonly all: () => readonly ProbedCluster[];
  readonly named: (name: string) => ProbedCluster | undefined;
  /** Returns why another exporter polls the cluster; undefined if none is known to do so. */
  readonly absence: (name: string) => Absence | undefined;
  /** Whether another exporter polls all clusters. */
  readonly standsBy: () => boolean;
}

/** The response of a standby to requests that only the leader answers. */
export const standbyText =
  'this exporter stands by: it polls no cluster until it leads, and zeebe_topology_exporter_leader shows which one does';

/** Seconds of a scrape timeout that are left for the response, as in Prometheus' own blackbox exporter. */
const timeoutOffset = 0.5;

/** Seconds; longer scrape timeouts are ignored. Timers are limited to 24 days. */
const maxTimeout = 24 * 60 * 60;

/** Returns the steps of a poll of a cluster as text, without secrets; undefined if it was cancelled. */
export type DebugCluster = (name: string) => Promise<string | undefined>;

interface ProbeOptions {
  readonly clusters: ProbedClusters;
  readonly debug: DebugCluster;
  readonly page: Page;
  readonly sender: Sender;
  readonly sendMetrics: SendMetrics;
}

/**
 * Responds to `GET /probe?cluster=NAME` with the series of that cluster, after a poll. With `&debug=true`, responds
 * with the steps of a poll, whose result is not counted.
 */
export function createProbe({ clusters, debug, page, sender, sendMetrics }: ProbeOptions) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const reject = (status: number, reason: string) => sender.sendLongText(response, status, reason);
    const configured = () => `configured clusters: ${namesOf(clusters).join(', ')}`;

    const query = queryOf(request.url);
    const names = query.getAll('cluster');
    const [name = ''] = names;
    if (name === '' || names.length > 1) {
      return reject(400, `expected exactly one cluster, as in /probe?cluster=NAME; ${configured()}`);
    }
    const cluster = clusters.named(name);
    if (!cluster) {
      const absence = clusters.absence(name);
      const [status, reason] = absenceResponse(absence);
      return reject(status, absence ? reason : `${reason}; ${configured()}`);
    }

    const seconds = pollTimeout(request.headers['x-prometheus-scrape-timeout-seconds']);
    const polled: Promise<boolean | string> =
      query.get('debug') === 'true' ? debug(name).then((steps) => steps ?? false) : cluster.probe();
    const completed = await (seconds === undefined ? polled : within(seconds * 1000, polled));
    // The poll is not counted as failed: its own timeout is set by the configuration, not by the scraper.
    if (completed === undefined) {
      return reject(504, `the poll did not complete within ${seconds} s; it continues in the background`);
    }
    if (!completed) {
      return reject(
        503,
        'the poll was cancelled: the exporter is stopping, stands by or has reloaded its configuration',
      );
    }
    if (typeof completed === 'string') return sender.sendLongText(response, 200, completed.trimEnd());
    await sendMetrics(request, response, (format, encoding) => page.bodyOf(name, format, encoding));
  };
}

function namesOf({ all }: ProbedClusters): readonly string[] {
  return all().map(({ cluster }) => cluster.name);
}

/**
 * Returns the response to a request for a cluster that this exporter does not poll. A standby may lead soon, while a
 * shard keeps its clusters.
 */
export function absenceResponse(absence: Absence | undefined): readonly [status: 404 | 503, reason: string] {
  if (!absence) return [404, 'no cluster of this name is configured'];
  if (absence.kind === 'standby') return [503, standbyText];
  const { shard, own } = absence;
  return [404, `this cluster belongs to shard ${shard}; this exporter polls those of ${shardText(own)}`];
}

/** Returns the seconds that a client waits for a poll, or undefined if it sets no limit. */
function pollTimeout(header: string | readonly string[] | undefined): number | undefined {
  const seconds = Number(header);
  return seconds > 0 && seconds <= maxTimeout ? Math.max(seconds - timeoutOffset, seconds / 2) : undefined;
}
