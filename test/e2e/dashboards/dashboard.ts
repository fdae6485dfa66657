import type { Dashboard, Panel, RowPanel, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';
import { read } from '../../prometheus/files.ts';

/** What there is in a written dashboard, as far as it is looked at. */
export interface WrittenDashboard {
  readonly name: string;
  readonly dashboard: Dashboard;
  /** Those in closed rows too; no rows. */
  readonly panels: readonly Panel[];
  readonly variables: readonly VariableModel[];
}

/** A query for Prometheus. */
export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly instant: boolean;
  readonly legendFormat?: string;
  readonly datasource?: { readonly uid?: string };
}

export function readDashboard(name: 'overview' | 'cluster'): WrittenDashboard {
  return written(name, JSON.parse(read(`grafana/${name}.json`)));
}

export function written(name: string, dashboard: Dashboard): WrittenDashboard {
  const all: readonly (Panel | RowPanel)[] = dashboard.panels ?? [];
  return {
    name,
    dashboard,
    panels: all.flatMap((panel) => (isRow(panel) ? panel.panels : [panel])),
    variables: dashboard.templating.list ?? [],
  };
}

export function isRow(panel: Panel | RowPanel): panel is RowPanel {
  return panel.type === 'row';
}

export function targetsOf({ targets = [] }: Panel): readonly Target[] {
  return targets.map(asTarget);
}

/** The SDK's type of a query says nothing of what is in it. */
export function asTarget(target: object): Target {
  const { refId = '', expr = '', instant = false, ...rest }: Partial<Target> = target;
  return { refId, expr, instant, ...rest };
}

/** A query variable's query. */
export function variableQuery({ query }: VariableModel): string {
  return typeof query === 'string' ? query : String(query?.query ?? '');
}
