import type { DataTransformerConfig, Panel, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { type Target, targetsOf } from './dashboard.ts';
import type { Series } from './prometheus.ts';

type Cell = string | number;

/** The cells of a table row by column. Other panels have the columns `name` and `value`. */
export type ShownRow = Readonly<Record<string, Cell>>;

/** Returns the rows that Grafana shows for the answers to a panel's queries, given in the order of the queries. */
export function shown(panel: Panel, answers: readonly (readonly Series[])[]): readonly ShownRow[] {
  if (panel.type !== 'table') {
    return targetsOf(panel).flatMap((target, index) =>
      (answers[index] ?? []).map((series) => ({
        name: legend(target, series),
        value: text(panel, '', lastValue(series)),
      })),
    );
  }
  const frames = answers.map((answer, index) => {
    const value = answers.length === 1 ? 'Value' : `Value #${targetsOf(panel)[index]?.refId}`;
    return answer.map((series) => ({ ...series.labels, [value]: lastValue(series) }));
  });
  return (panel.transformations ?? []).reduce<readonly ShownRow[]>(
    (rows, transformation) => transformed(rows, transformation, frames, panel),
    frames.flat(),
  );
}

function transformed(
  rows: readonly ShownRow[],
  { id, options }: DataTransformerConfig,
  frames: readonly (readonly ShownRow[])[],
  panel: Panel,
): readonly ShownRow[] {
  switch (id) {
    case 'merge':
      return merged(frames.flat());
    case 'organize':
      return organized(rows, options, panel);
    case 'convertFieldType': {
      const { conversions }: { conversions: readonly { targetField: string }[] } = options;
      return rows.map((row) => ({
        ...row,
        ...Object.fromEntries(conversions.map(({ targetField }) => [targetField, Number(row[targetField])])),
      }));
    }
    case 'sortBy': {
      const { sort }: { sort: readonly { field: string }[] } = options;
      const field = sort[0]?.field ?? '';
      return rows.toSorted((a, b) => Number(a[field]) - Number(b[field]));
    }
    case 'groupingToMatrix':
      return matrix(rows, options, panel);
    default:
      throw new Error(`a transformation that is not understood: ${id}`);
  }
}

/** Merges rows that do not differ in the columns that both have. */
function merged(rows: readonly ShownRow[]): readonly ShownRow[] {
  let result: readonly ShownRow[] = [];
  for (const row of rows) {
    const fits = result.map((known) => Object.keys(row).every((name) => (known[name] ?? row[name]) === row[name]));
    result = fits.includes(true)
      ? result.map((known, index) => (fits[index] ? { ...known, ...row } : known))
      : [...result, row];
  }
  return result;
}

interface Organize {
  readonly excludeByName: Readonly<Record<string, boolean>>;
  readonly renameByName: Readonly<Record<string, string>>;
}

function organized(
  rows: readonly ShownRow[],
  { excludeByName, renameByName }: Organize,
  panel: Panel,
): readonly ShownRow[] {
  return rows.map((row) => {
    const kept = Object.entries(row).filter(([name]) => !excludeByName[name]);
    const renamed = kept.map(([name, cell]) => [renameByName[name] ?? name, cell] as const);
    return Object.fromEntries(renamed.map(([title, cell]) => [title, text(panel, title, cell)]));
  });
}

interface GroupingToMatrix {
  readonly rowField: string;
  readonly columnField: string;
  readonly valueField: string;
}

function matrix(
  rows: readonly ShownRow[],
  { rowField, columnField, valueField }: GroupingToMatrix,
  panel: Panel,
): readonly ShownRow[] {
  const byRow = Object.groupBy(rows, (row) => String(row[rowField]));
  return Object.entries(byRow).map(([key, cells = []]) => ({
    [`${rowField}\\${columnField}`]: key,
    ...Object.fromEntries(cells.map((row) => [String(row[columnField]), text(panel, '', row[valueField] ?? '')])),
  }));
}

function legend({ legendFormat = '' }: Target, { labels }: Series): string {
  return legendFormat.replace(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '');
}

function lastValue({ values }: Series): number {
  return [...values.values()].at(-1) ?? Number.NaN;
}

/** Returns the text of a value by the mappings of its column, or the value with the column's decimals. */
function text({ fieldConfig }: Panel, column: string, cell: Cell): Cell {
  if (typeof cell === 'string') return cell;
  const properties = (fieldConfig?.overrides ?? [])
    .filter(({ matcher }) => matcher.options === column)
    .flatMap((override) => override.properties);
  const ofColumn = <T>(id: string): T | undefined => properties.find((property) => property.id === id)?.value;
  const mappings = ofColumn<readonly ValueMapping[]>('mappings') ?? fieldConfig?.defaults.mappings ?? [];
  for (const { type, options } of mappings) {
    const result = type === 'value' ? options[String(cell)] : undefined;
    if (result?.text !== undefined) return result.text;
  }
  const decimals = ofColumn<number>('decimals');
  return decimals === undefined ? cell : Number(cell.toFixed(decimals));
}
