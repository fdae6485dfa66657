import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { type Target, targetsOf, type WrittenDashboard } from './dashboard.ts';
import { interpolate, type Selection, stepOf, type View } from './interpolate.ts';
import type { PrometheusWithRules, Series } from './prometheus.ts';

/** Five minutes up to a moment (Unix seconds), a point a second. */
export function viewUpTo(moment: number): View {
  const to = Math.floor(moment);
  return { from: to - 300, to, scrapeInterval: 1, maxDataPoints: 300 };
}

/** All exporters, and all clusters or one. */
export function selectionOf(cluster: string): Selection {
  return { job: 'all', instance: 'all', zeebe_cluster: cluster === 'all' ? 'all' : [cluster] };
}

/** The answers to the queries of a panel, in their order, as a graph or a table has them at the end of its time. */
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
    // Neither a point in the past nor one that is no number is drawn at the end.
    return series.filter(({ values }) => !Number.isNaN(values.get(view.to) ?? Number.NaN));
  };
  return Promise.all(targetsOf(panel).map(answer));
}
