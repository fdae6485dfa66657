import type { AlertName, Thresholds } from '../thresholds.ts';

export interface Alert {
  readonly name: AlertName;
  /**
   * `critical` pages: a cluster does not work, may stop with the next failure, or cannot be monitored. `warning` needs
   * action within days. `info` sends no notification and helps during an investigation.
   */
  readonly severity: 'critical' | 'warning' | 'info';
  readonly expr: string;
  /** One line. */
  readonly summary: string;
  /** Has the values, by `$labels` and `$value`. */
  readonly description: string;
}

export type Alerts = (thresholds: Thresholds) => readonly Alert[];

/** The cluster of an alert, in a description. */
export const cluster = 'Zeebe cluster {{ $labels.zeebe_cluster }}';

/** The physical tenant of an alert, in a description. Empty if the cluster is polled without physical tenants. */
export const ofTenant = '{{ with $labels.physical_tenant }} of physical tenant {{ . }}{{ end }}';
