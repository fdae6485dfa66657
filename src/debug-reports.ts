import type { Clock } from './clock.ts';
import type { ClusterMonitor } from './cluster/monitor.ts';
import type { ClusterConfig } from './config/config.ts';

/**
 * Returns the steps of a poll as text; undefined if the exporter stopped, or may not poll. Token requests count towards
 * the limits of those for the polls.
 */
export type DebugReport = (monitor: Pick<ClusterMonitor, 'cluster' | 'requestsApart'>) => Promise<string | undefined>;

export interface DebugReportsOptions {
  readonly mayPoll: () => boolean;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
}

/**
 * Milliseconds for which a report answers further requests. Each report costs a token request and several connections,
 * and every client that can scrape the exporter can request one.
 */
const minReuse = 5_000;

/** Carries out the steps of `check` on request. At a time, there is one report of a cluster. */
export function createDebugReports({ mayPoll, clock, stopping }: DebugReportsOptions): DebugReport {
  const latest = new WeakMap<ClusterConfig, { readonly text: ReturnType<DebugReport>; reusableUntil: number }>();
  const isEnded = () => stopping.aborted || !mayPoll();

  const make: DebugReport = async (monitor) => {
    const { cluster } = monitor;
    const requestsApart = monitor.requestsApart();
    // The cluster has just been replaced.
    if (cluster.authentication.method === 'oauth2' && !requestsApart) return undefined;
    // Loaded only here: `serve` does not use it otherwise.
    const { pollReport } = await import('./check/check.ts');
    const text = await pollReport(cluster, { clock, signal: stopping, requestsApart });
    return isEnded() ? undefined : text;
  };
  return async (monitor) => {
    const { cluster } = monitor;
    if (isEnded()) return undefined;
    const kept = latest.get(cluster);
    if (kept && clock.monotonic() < kept.reusableUntil) return kept.text;
    const text = make(monitor).finally(() => {
      report.reusableUntil = clock.monotonic() + Math.max(minReuse, cluster.probeMinInterval);
    });
    const report = { text, reusableUntil: Number.POSITIVE_INFINITY };
    latest.set(cluster, report);
    return text;
  };
}
