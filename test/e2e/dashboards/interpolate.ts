import type { VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';

/** The selected values of each variable. */
export type Selection = Readonly<Record<string, 'all' | readonly string[]>>;

/** The time range of a dashboard, in Unix seconds, and its resolution. */
export interface View {
  readonly from: number;
  readonly to: number;
  /** The scrape interval of the data source, in seconds. */
  readonly scrapeInterval: number;
  /** The maximum number of points in a graph. */
  readonly maxDataPoints: number;
}

/** Returns the seconds from one point of a graph to the next. */
export function stepOf({ from, to, scrapeInterval, maxDataPoints }: View): number {
  const niceSteps = [
    1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
  ];
  const wanted = (to - from) / maxDataPoints;
  return Math.max(scrapeInterval, niceSteps.find((step) => step >= wanted) ?? wanted);
}

/**
 * Returns a query as Grafana sends it. Names of digits, such as the `$1` of a regular expression, are not replaced.
 *
 * @throws if another name is not a variable.
 */
export function interpolate(
  query: string,
  view: View,
  variables: readonly VariableModel[],
  selection: Selection,
): string {
  const step = stepOf(view);
  const builtIn: Readonly<Record<string, string>> = {
    __interval: `${step}s`,
    // https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/#use-__rate_interval
    __rate_interval: `${Math.max(step + view.scrapeInterval, 4 * view.scrapeInterval)}s`,
    __range: `${Math.round(view.to - view.from)}s`,
  };
  return query.replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) => {
    const name = bare ?? braced ?? '';
    if (/^\d/.test(name)) return whole;
    const variable = variables.find((known) => known.name === name);
    const value = builtIn[name] ?? (variable && selectedValue(variable, selection[name]));
    if (value === undefined) throw new Error(`no variable ${name}: ${query}`);
    return value;
  });
}

function selectedValue(variable: VariableModel, selected: 'all' | readonly string[] | undefined): string | undefined {
  if (selected === 'all') return variable.includeAll ? variable.allValue : undefined;
  if (selected === undefined) return undefined;
  // Grafana escapes characters of regular expressions only in variables with several values.
  if (!variable.multi && !variable.includeAll) return selected[0];
  const escaped = selected.map((value) => value.replaceAll('\\', '\\\\\\\\').replace(/[$^*{}[\]+?.()|]/g, '\\\\$&'));
  return escaped.length === 1 ? escaped[0] : `(${escaped.join('|')})`;
}
