/** The two text formats: Prometheus 0.0.4 and OpenMetrics 1.0.0. Samples are the same in both; headers differ. */
export const formats = ['text', 'openmetrics'] as const;
export type Format = (typeof formats)[number];

export interface Family {
  /** With `_total` for a counter, as its samples have it. */
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  /** One line without `"` and `\`, which the two formats escape differently. */
  readonly help: string;
}

declare const escaped: unique symbol;
/** `name="value"` pairs, escaped: what stands between the braces of a sample. */
export type Labels = string & { readonly [escaped]: true };

export function labels(pairs: Readonly<Record<string, string | number>>): Labels {
  let text = '';
  for (const name in pairs) {
    const value = pairs[name] ?? '';
    text += `${text === '' ? '' : ','}${name}="${typeof value === 'number' ? value : escapeValue(value)}"`;
  }
  return text as Labels;
}

export function and(left: Labels, right: Labels): Labels {
  return `${left},${right}` as Labels;
}

function escapeValue(value: string): string {
  if (!/[\\"\n]/.test(value)) return value;
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

/** One line of the exposition; `name` is the family's, with the suffix of a histogram's parts. */
export function sample(name: string, labels: Labels | '', value: number): string {
  return labels === '' ? `${name} ${number(value)}\n` : `${name}{${labels}} ${number(value)}\n`;
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

/** The bound of a histogram's bucket as both formats want it: `1.0`, `+Inf`. */
export function bucketBound(le: number | string): string {
  const bound = Number(le);
  if (!Number.isFinite(bound)) return '+Inf';
  return Number.isInteger(bound) ? bound.toFixed(1) : String(bound);
}

/** OpenMetrics names a counter without the `_total` of its samples. */
export function header({ name, type, help }: Family, format: Format): string {
  const named = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
  return `# HELP ${named} ${help}\n# TYPE ${named} ${type}\n`;
}

export const contentTypes: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};
export const endings: Readonly<Record<Format, string>> = { text: '', openmetrics: '# EOF\n' };
