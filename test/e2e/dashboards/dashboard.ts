import type { Dashboard, Panel, RowPanel, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';
import { read } from '../../prometheus/files.ts';

/** A dashboard file, with what the tests use of it. */
export interface WrittenDashboard {
  readonly name: string;
  readonly dashboard: Dashboard;
  /** All panels, including those in collapsed rows, without the rows themselves. */
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

/** Returns a query of a panel as a target, since the SDK's type of a query has no fields. */
export function asTarget(target: object): Target {
  const { refId = '', expr = '', instant = false, ...rest }: Partial<Target> = target;
  return { refId, expr, instant, ...rest };
}

/** Returns the query of a query variable. */
export function variableQuery({ query }: VariableModel): string {
  return typeof query === 'string' ? query : String(query?.query ?? '');
}
