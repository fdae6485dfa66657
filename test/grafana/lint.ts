import type { Panel, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import {
  asTarget,
  isRow,
  type Target,
  targetsOf,
  variableQuery,
  type WrittenDashboard,
} from '../e2e/dashboards/dashboard.ts';
import { labelQuery } from '../e2e/dashboards/label-query.ts';
import { parseQuery, type Selector } from '../prometheus/promql.ts';

/** Returns the problems of a dashboard. */
type Rule = (dashboard: WrittenDashboard) => readonly string[];

/**
 * Rules for dashboards. Those named `template-…`, `panel-…` and `target-…` follow the rule of the same name in
 * https://github.com/grafana/dashboard-linter if there is one.
 */
export const lintRules = {
  'template-datasource-rule': ({ variables }) => {
    const ofType = variables.filter(({ type }) => type === 'datasource');
    const fits = ofType.length === 1 && ofType[0]?.name === 'datasource' && ofType[0].query === 'prometheus';
    return fits ? [] : ['one variable for the data source is expected, named datasource, of type prometheus'];
  },
  'template-job-rule': (dashboard) => selectsAll(dashboard, 'job'),
  'template-instance-rule': (dashboard) => selectsAll(dashboard, 'instance'),
  'template-cluster-rule': ({ variables }) => {
    const found = variables.find(({ name }) => name === 'zeebe_cluster');
    return found?.multi && found.includeAll ? [] : ['a variable zeebe_cluster is expected, of one, several or all'];
  },
  'template-physical-tenant-rule': (dashboard) => selectsAll(dashboard, 'physical_tenant', '.*'),
  'template-on-time-change-reload-rule': ({ variables }) =>
    variables.filter((variable) => variable.type === 'query' && variable.refresh !== 2).map(({ name }) => name),
  'template-label-promql-rule': ({ variables }) =>
    variables
      .filter(({ type }) => type === 'query')
      .filter((variable) => !isLabelQuery(variableQuery(variable)))
      .map(({ name }) => name),
  'template-uneditable-rule': ({ dashboard }) => (dashboard.editable === false ? [] : ['it can be edited in place']),
  'dashboard-identity': ({ dashboard }) => (dashboard.uid && dashboard.title ? [] : ['uid and title are expected']),

  'panel-datasource-rule': ({ panels }) =>
    panels
      .filter((panel) => [panel, ...targetsOf(panel)].some(({ datasource }) => !isSelected(datasource)))
      .map(titleOf),
  'panel-title-description-rule': ({ panels }) =>
    panels.filter(({ title, description }) => !title || !description?.endsWith('.')).map(titleOf),
  'panel-units-rule': ({ panels }) => panels.filter((panel) => !unitsOf(panel).every(isUnit)).map(titleOf),
  'panel-ids': ({ dashboard, panels }) => {
    const ids = [...(dashboard.panels ?? []).filter(isRow), ...panels].map(({ id = 0 }) => id);
    return new Set(ids).size === ids.length && Math.min(...ids) > 0 ? [] : ['ids are expected, each once'];
  },
  'panel-grid': ({ dashboard, panels }) => {
    const placed = [...(dashboard.panels ?? []).filter(isRow), ...panels];
    return placed
      .filter((panel, index) => !isOnGrid(panel) || placed.slice(0, index).some((other) => overlap(other, panel)))
      .map(titleOf);
  },
  'panel-line-is-full': ({ panels }) => {
    const lines = Object.groupBy(panels, ({ gridPos }) => String(gridPos?.y));
    return Object.values(lines)
      .filter((line = []) => line.reduce((sum, { gridPos }) => sum + (gridPos?.w ?? 0), 0) !== 24)
      .map((line = []) => line.map(titleOf).join(', '));
  },
  'panel-does-not-repeat': ({ dashboard, panels }) =>
    [...(dashboard.panels ?? []), ...panels].filter(({ repeat }) => repeat !== undefined).map(titleOf),
  'panel-legend': ({ panels }) => panels.filter((panel) => !hasLegend(panel)).map(titleOf),
  'panel-pages': ({ panels }) => panels.filter((panel) => !isPaged(panel)).map(titleOf),

  'target-refid': ({ panels }) =>
    panels
      .filter((panel) => {
        const refIds = targetsOf(panel).map(({ refId }) => refId);
        return refIds.includes('') || new Set(refIds).size !== refIds.length;
      })
      .map(titleOf),
  'target-promql-rule': (dashboard) =>
    queriesOf(dashboard)
      .filter(({ expr }) => !isQuery(expr))
      .map(placeOf),
  'target-rate-interval-rule': (dashboard) =>
    queriesOf(dashboard)
      .filter(({ expr, instant }) =>
        [...expr.matchAll(/\b(?:i?rate|increase)\([^[]*\[(.+?)\]/g)].some(
          // An increase over the whole time range is a number for a table, not for a graph.
          ([, range]) => range !== '$__rate_interval' && !(instant && range === '$__range'),
        ),
      )
      .map(placeOf),
  'target-job-rule': (dashboard) => withoutMatcher(dashboard, 'job'),
  'target-instance-rule': (dashboard) => withoutMatcher(dashboard, 'instance'),
  'target-cluster-rule': (dashboard) => withoutMatcher(dashboard, 'zeebe_cluster', hasCluster),
  'target-physical-tenant-rule': (dashboard) => withoutMatcher(dashboard, 'physical_tenant', hasTenant),
  'target-counts-no-cluster-twice': (dashboard) =>
    queriesOf(dashboard)
      .filter(({ expr, legendFormat = '' }) => {
        if (!isQuery(expr)) return false;
        const { selectors, groupedBy, aggregatesBy } = parsed(expr);
        const tellsExporters = legendFormat.includes('{{instance}}');
        return selectors.some(hasCluster) && !tellsExporters && !aggregatesBy && !groupedBy.includes('instance');
      })
      .map(placeOf),
  'target-legend': ({ panels }) =>
    panels
      .filter((panel) => panel.type !== 'table' && targetsOf(panel).some(({ legendFormat }) => !legendFormat))
      .map(titleOf),
} satisfies Record<string, Rule>;

export type LintRule = keyof typeof lintRules;

/** Returns the problems by rule, without rules that found none. */
export function lint(dashboard: WrittenDashboard): Readonly<Partial<Record<LintRule, readonly string[]>>> {
  const complaints = Object.entries(lintRules).map(([name, rule]) => [name, rule(dashboard)] as const);
  return Object.fromEntries(complaints.filter(([, said]) => said.length > 0));
}

interface PlacedQuery extends Target {
  readonly place: string;
}

/** Returns the queries of panels and annotations. */
export function queriesOf({ dashboard, panels }: WrittenDashboard): readonly PlacedQuery[] {
  const annotations = dashboard.annotations.list ?? [];
  return [
    ...panels.flatMap((panel) =>
      targetsOf(panel).map((target) => ({ ...target, place: `${titleOf(panel)}, ${target.refId}` })),
    ),
    ...annotations.map(({ name, target = { _implementsDataqueryVariant: () => {} } }) => ({
      ...asTarget(target),
      place: `annotation ${name}`,
    })),
  ];
}

/** Parses a query with durations instead of Grafana's own variables. The other variables are in strings. */
export function parsed(expr: string): ReturnType<typeof parseQuery> {
  return parseQuery(expr.replace(/\[\$\w+\]/g, '[5m]'));
}

function isQuery(expr: string): boolean {
  try {
    return parsed(expr).selectors.length > 0;
  } catch {
    return false;
  }
}

function isLabelQuery(query: string): boolean {
  const parts = labelQuery(query);
  return parts !== undefined && isQuery(parts.selector);
}

function selectsAll({ variables }: WrittenDashboard, name: string, all = '.+'): readonly string[] {
  const fits = (variable: VariableModel) =>
    variable.type === 'query' &&
    isSelected(variable.datasource) &&
    variable.multi === true &&
    variable.includeAll === true &&
    variable.allValue === all;
  return variables.some((variable) => variable.name === name && fits(variable))
    ? []
    : [`a query variable ${name} is expected, of several values and all of them, as ${all}`];
}

/** Returns whether it is the data source of the variable. */
function isSelected(datasource: { readonly uid?: string } | undefined): boolean {
  return /^\$\{datasource\}$/.test(datasource?.uid ?? '');
}

function withoutMatcher(
  dashboard: WrittenDashboard,
  label: string,
  concerns: (selector: Selector) => boolean = () => true,
): readonly string[] {
  return queriesOf(dashboard)
    .filter(({ expr }) => isQuery(expr))
    .filter(({ expr }) =>
      parsed(expr).selectors.some(
        (selector) =>
          concerns(selector) &&
          !selector.matchers.some((matcher) => matcher.label === label && matcher.values.includes(`$${label}`)),
      ),
    )
    .map(placeOf);
}

/** Returns whether the metric belongs to a cluster. */
function hasCluster({ metric }: Selector): boolean {
  return metric.startsWith('zeebe_topology_') && !/^zeebe_topology_(exporter|discovery)_/.test(metric);
}

/** Returns whether the series of the metric belong to a physical tenant, if all tenants are polled. */
function hasTenant({ metric }: Selector): boolean {
  return /^zeebe_topology_(partition|replication_factor|last_completed_change_id|physical_tenant_health)/.test(metric);
}

function unitsOf({ fieldConfig }: Panel): readonly (string | undefined)[] {
  const properties = (fieldConfig?.overrides ?? []).flatMap((override) => override.properties);
  return [
    fieldConfig?.defaults.unit,
    ...properties.filter(({ id }) => id === 'unit').map(({ value }) => String(value)),
  ];
}

function isUnit(unit: string | undefined): boolean {
  return unit !== undefined && Object.values(units).some((known) => known === unit);
}

function hasLegend({ type, options }: Panel): boolean {
  switch (type) {
    case 'timeseries':
      return options.legend.showLegend && options.legend.displayMode === 'table' && options.legend.calcs.length > 0;
    case 'state-timeline':
      return options.legend.showLegend;
    case 'stat':
      return options.reduceOptions.calcs.length > 0;
    default:
      return true;
  }
}

/** Returns whether many rows are split into pages. */
function isPaged({ type, options }: Panel): boolean {
  switch (type) {
    case 'table':
      return options.footer.enablePagination === true;
    case 'state-timeline':
      return options.perPage > 0;
    default:
      return true;
  }
}

type Placed = Pick<Panel, 'title' | 'gridPos'>;

function isOnGrid({ gridPos }: Placed): boolean {
  return gridPos !== undefined && gridPos.w > 0 && gridPos.h > 0 && gridPos.x >= 0 && gridPos.x + gridPos.w <= 24;
}

function overlap({ gridPos: a }: Placed, { gridPos: b }: Placed): boolean {
  if (!a || !b) return false;
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function titleOf({ title = '' }: Placed): string {
  return title;
}

function placeOf({ place }: PlacedQuery): string {
  return place;
}
