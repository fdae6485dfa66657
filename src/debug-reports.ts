import type { Clock } from './clock.ts';
import type { ClusterConfig } from './config/config.ts';

/** Returns the steps of a poll as text; undefined if the exporter stopped before the last one. */
export type DebugReport = (cluster: ClusterConfig) => Promise<string | undefined>;

/**
 * Milliseconds for which a report answers further requests. Each report costs a token request and several connections,
 * and whoever may scrape may ask for one.
 */
const minReuse = 5_000;

/** Carries out the steps of `check` on request. At a time, there is one report of a cluster. */
export function createDebugReports(clock: Clock, stopping: AbortSignal): DebugReport {
  const latest = new WeakMap<ClusterConfig, { readonly text: ReturnType<DebugReport>; reusableUntil: number }>();

  const make: DebugReport = async (cluster) => {
    // Loaded only here: `serve` does not use it otherwise.
    const { pollReport } = await import('./check/check.ts');
    const text = await pollReport(cluster, { clock, signal: stopping });
    return stopping.aborted ? undefined : text;
  };
  return (cluster) => {
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
