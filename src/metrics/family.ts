import type { ClusterState } from '../poll/state.ts';

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

/** Adds one sample to a family; without labels of its own it carries the cluster's alone. */
export type Add = (value: number, own?: Labels) => void;

/** A family whose samples follow from a cluster's state alone. */
export interface StateFamily extends Family {
  readonly source: 'state';
  readonly samples: (state: ClusterState, add: Add) => void;
  /** The part of the state that the samples follow from alone, where that is one object; never changed in place. */
  readonly follows?: (state: ClusterState) => object | undefined;
}

/** A family whose series seldom come and go, and whose values are whole numbers from 0 on; see lines.ts. */
export interface LaidOutFamily extends Family {
  readonly source: 'layout';
  /** The series are the same ones, in the same order, while this is the same; there are none where it is undefined. */
  readonly shape: (state: ClusterState) => unknown;
  readonly series: (state: ClusterState) => Iterable<Labels>;
  /** Puts the value of each series, in their order. */
  readonly values: (state: ClusterState, put: (value: number) => void) => void;
  /** The part of the state that the values follow from alone; never changed in place. */
  readonly follows: (state: ClusterState) => object | undefined;
}

/** A family whose values are counted from poll to poll; see instruments.ts. */
export interface CountedFamily extends Family {
  readonly source: 'instruments';
}

export type ClusterFamily = StateFamily | LaidOutFamily | CountedFamily;

export function gauge(name: string, help: string, samples: StateFamily['samples']): StateFamily {
  return { source: 'state', name, type: 'gauge', help, samples };
}

/** A gauge of one value, absent where the value is undefined. */
export function single(name: string, help: string, value: (state: ClusterState) => number | undefined): StateFamily {
  return gauge(name, help, (state, add) => {
    const present = value(state);
    if (present !== undefined) add(present);
  });
}

/** Adds a 0/1 set: one sample for each of `values`, 1 for `current`, all 0 without one. */
export type AddSet<T extends string> = (add: Add, current: T | undefined, own?: Labels) => void;

export function zeroOneSet<T extends string>(label: string, values: readonly T[]): AddSet<T> {
  const members = values.map((value) => ({ value, pair: labels({ [label]: value }) }));
  return (add, current, own) => {
    for (const { value, pair } of members) add(value === current ? 1 : 0, own ? and(own, pair) : pair);
  };
}

export function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}
