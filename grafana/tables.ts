import {
  TableCellDisplayMode,
  TableCellHeight,
  TableFooterOptionsBuilder,
  TableSortByFieldStateBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { DynamicConfigValue, ThresholdsConfigBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as TablePanel } from '@grafana/grafana-foundation-sdk/table';
import type { DataLink } from './links.ts';
import { byThresholds, describe, type PanelSpec, query, refId } from './panel.ts';
import { mappings, type State } from './states.ts';

/** A column of values from one query. Results of several queries with the same labels are one row. */
export interface ValueColumn {
  /** Undefined for a query that only adds labels. */
  readonly title?: string;
  readonly expr: string;
  readonly unit?: string;
  readonly decimals?: number;
  readonly states?: readonly State[];
  readonly thresholds?: ThresholdsConfigBuilder;
}

/** A column with the values of a label. */
interface LabelColumn {
  readonly title: string;
  readonly label: string;
  readonly dataLink?: DataLink;
}

interface TableSpec extends PanelSpec {
  readonly labels: readonly LabelColumn[];
  readonly values: readonly ValueColumn[];
  /** The title of a column. */
  readonly sortBy: string;
  readonly descending?: boolean;
  /** The text that is shown if there are no rows, or no value. */
  readonly noValue: string;
}

/** Fields and target labels that are not useful in a table. */
const excluded = ['Time', '__name__', 'container', 'endpoint', 'pod', 'prometheus', 'service', 'alertstate'];

/** Shows current values. Other labels, such as the user's own target labels, are columns too. */
export function table(spec: TableSpec): TablePanel {
  const only = spec.values.length === 1;
  const fields = spec.values.map((value, place) => [only ? 'Value' : `Value #${refId(place)}`, value] as const);
  const named = fields.flatMap(([field, { title }]) => (title === undefined ? [] : [[field, title] as const]));
  const unnamed = fields.filter(([, { title }]) => title === undefined).map(([field]) => field);
  const titles = [...spec.labels.map(({ label, title }) => [label, title] as const), ...named];
  const hidden = [...excluded, ...unnamed].filter((field) => titles.every(([shown]) => shown !== field));

  const panel = plain(spec)
    .targets(spec.values.map(({ expr }, place) => query(expr, place).instant().format(PromQueryFormat.Table)))
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: Object.fromEntries(hidden.map((field) => [field, true])),
        indexByName: Object.fromEntries(titles.map(([field], index) => [field, index])),
        renameByName: Object.fromEntries(titles),
      },
    })
    .sortBy([new TableSortByFieldStateBuilder().displayName(spec.sortBy).desc(spec.descending ?? false)]);
  for (const { title, dataLink } of spec.labels) {
    if (dataLink) panel.overrideByName(title, [{ id: 'links', value: [dataLink] }]);
  }
  for (const [, column] of fields) {
    const properties = propertiesOf(column);
    if (column.title !== undefined && properties.length > 0) panel.overrideByName(column.title, properties);
  }
  return panel;
}

interface GridSpec extends PanelSpec {
  readonly expr: string;
  readonly rowLabel: string;
  /** A label whose values are numbers. */
  readonly columnLabel: string;
  readonly states: readonly State[];
  readonly noValue: string;
}

/** Shows current values in rows and columns by two labels. */
export function grid(spec: GridSpec): TablePanel {
  return plain(spec)
    .targets([query(spec.expr, 0).instant().format(PromQueryFormat.Table)])
    .mappings(mappings(spec.states))
    .cellOptions({ type: TableCellDisplayMode.ColorBackground })
    .withTransformation({
      id: 'convertFieldType',
      options: { conversions: [{ targetField: spec.columnLabel, destinationType: 'number' }] },
    })
    .withTransformation({ id: 'sortBy', options: { sort: [{ field: spec.columnLabel }] } })
    .withTransformation({
      id: 'groupingToMatrix',
      options: { columnField: spec.columnLabel, rowField: spec.rowLabel, valueField: 'Value', emptyValue: 'null' },
    })
    .sortBy([new TableSortByFieldStateBuilder().displayName(`${spec.rowLabel}\\${spec.columnLabel}`).desc(false)]);
}

function plain(spec: PanelSpec & { readonly noValue: string }): TablePanel {
  return describe(new TablePanel(), spec)
    .unit('short')
    .noValue(spec.noValue)
    .colorScheme(byThresholds)
    .showHeader(true)
    .cellHeight(TableCellHeight.Sm)
    .filterable(true)
    .footer(new TableFooterOptionsBuilder().show(false).reducer([]).enablePagination(true));
}

function propertiesOf({ unit, decimals, states, thresholds }: ValueColumn): DynamicConfigValue[] {
  return [
    ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
    ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
    ...(states === undefined ? [] : [{ id: 'mappings', value: mappings(states) }]),
    ...(thresholds === undefined ? [] : [{ id: 'thresholds', value: thresholds.build() }]),
    ...(states === undefined && thresholds === undefined
      ? []
      : [{ id: 'custom.cellOptions', value: { type: TableCellDisplayMode.ColorBackground } }]),
  ];
}
