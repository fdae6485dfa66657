import type { Clock } from './clock.ts';
import type { SharedTokens } from './cluster/shared-tokens.ts';
import type { ClusterConfig } from './config/config.ts';

/** Returns the steps of a poll as text; undefined if the exporter stopped, or may not poll. */
export type DebugReport = (cluster: ClusterConfig) => Promise<string | undefined>;

export interface DebugReportsOptions {
  /** The requests of reports count towards the limits of those for the polls. */
  readonly sharedTokens: Pick<SharedTokens, 'apart'>;
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
export function createDebugReports({ sharedTokens, mayPoll, clock, stopping }: DebugReportsOptions): DebugReport {
  const latest = new WeakMap<ClusterConfig, { readonly text: ReturnType<DebugReport>; reusableUntil: number }>();
  const isEnded = () => stopping.aborted || !mayPoll();

  const make: DebugReport = async (cluster) => {
    const { authentication } = cluster;
    const requestsApart = authentication.method === 'oauth2' ? sharedTokens.apart(authentication) : undefined;
    // The cluster has just been replaced.
    if (authentication.method === 'oauth2' && !requestsApart) return undefined;
    // Loaded only here: `serve` does not use it otherwise.
    const { pollReport } = await import('./check/check.ts');
    const text = await pollReport(cluster, { clock, signal: stopping, requestsApart });
    return isEnded() ? undefined : text;
  };
  return async (cluster) => {
    if (isEnded()) return undefined;
    const kept = latest.get(cluster);
    if (kept && clock.monotonic() < kept.reusableUntil) return kept.text;
    const text = make(cluster).finally(() => {
      report.reusableUntil = clock.monotonic() + Math.max(minReuse, cluster.probeMinInterval);
    });
    const report = { text, reusableUntil: Number.POSITIVE_INFINITY };
    latest.set(cluster, report);
    return text;
  };
}
