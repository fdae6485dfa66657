import { failureRatio, highest, last, reached, seen, waitsForFirstToken } from '../expressions.ts';
import { type Alerts, cluster } from './alert.ts';

/** Alerts on polls that fail, except those on authentication. */
export const pollAlerts: Alerts = (thresholds) => [
  {
    name: 'ClusterUnreachable',
    severity: 'critical',
    expr: `
      ${reached(thresholds)} == 0
      unless ${highest(seen('zeebe_topology_poll_failing{reason="auth"}', thresholds), 'reason')} == 1`,
    summary: 'A Zeebe cluster cannot be reached.',
    description: `No poll of ${cluster} succeeded in the last ${thresholds.lookback}, and authentication is not the cause.`,
  },
  {
    name: 'PollsFailing',
    severity: 'warning',
    // If every poll fails, another alert fires, and this one must not fire when that resolves.
    expr: `
      ${failureRatio(thresholds)} > ${thresholds.failureRatio}
      and ignoring (reason) ${reached(thresholds)} == 1`,
    summary: 'Many polls of a Zeebe cluster fail.',
    description:
      `{{ $value | humanizePercentage }} of an exporter's polls of ${cluster} failed with {{ $labels.reason }} ` +
      `in the last ${thresholds.failureWindow}.`,
  },
  {
    name: 'LastSuccessTooOld',
    severity: 'warning',
    expr: `
      time() - ${highest(`last_over_time(zeebe_topology_last_success_timestamp_seconds[${thresholds.successRemembered}])`)}
      > ${thresholds.successAgeSeconds} + 3 * (${highest(last('zeebe_topology_poll_interval_seconds', thresholds))} > 0)
      unless (${waitsForFirstToken(thresholds)})`,
    summary: 'The last successful poll of a Zeebe cluster is too old.',
    description: `The last successful poll of ${cluster} ended {{ $value | humanizeDuration }} ago.`,
  },
];
