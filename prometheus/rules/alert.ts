import type { AlertName, Thresholds } from '../thresholds.ts';

export interface Alert {
  readonly name: AlertName;
  /**
   * critical: a cluster does not do its work, may stop any moment, or nobody would be told: it pages. warning: a person
   * must act within days. info: worth knowing while looking at something else.
   */
  readonly severity: 'critical' | 'warning' | 'info';
  readonly expr: string;
  /** One line; may use the alert's labels. */
  readonly summary: string;
  /** With the values; may use `$labels` and `$value`. */
  readonly description: string;
}

export type Alerts = (thresholds: Thresholds) => readonly Alert[];

/** How descriptions name the cluster of an alert. */
export const cluster = 'Zeebe cluster {{ $labels.zeebe_cluster }}';
