import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { type Target, targetsOf, type WrittenDashboard } from './dashboard.ts';
import { interpolate, type Selection, stepOf, type View } from './interpolate.ts';
import type { PrometheusWithRules, Series } from './prometheus.ts';

/** Returns the view of the five minutes up to a moment (Unix seconds), with a point every second. */
export function viewUpTo(moment: number): View {
  const to = Math.floor(moment);
  return { from: to - 300, to, scrapeInterval: 1, maxDataPoints: 300 };
}

/** Selects all exporters, all clusters or one, and all physical tenants or one. */
export function selectionOf(cluster: string, tenant = 'all'): Selection {
  return { job: 'all', instance: 'all', zeebe_cluster: oneOrAll(cluster), physical_tenant: oneOrAll(tenant) };
}

function oneOrAll(value: string): Selection[string] {
  return value === 'all' ? value : [value];
}

/** Returns the answers to the queries of a panel, in their order, as shown at the end of its time range. */
export function answersTo(
  prometheus: PrometheusWithRules,
  { variables }: WrittenDashboard,
  panel: Panel,
  view: View,
  selection: Selection,
): Promise<readonly (readonly Series[])[]> {
  const answer = async ({ expr, instant }: Target): Promise<readonly Series[]> => {
    const query = interpolate(expr, view, variables, selection);
    const series = instant
      ? await prometheus.instant(query, view.to)
      : await prometheus.range(query, view.from, view.to, stepOf(view));
    // A graph shows neither older points nor NaN at its end.
    return series.filter(({ values }) => !Number.isNaN(values.get(view.to) ?? Number.NaN));
  };
  return Promise.all(targetsOf(panel).map(answer));
}
