import { omitUndefined } from '../omit-undefined.ts';
import type { ClusterState } from '../poll/state.ts';

/** The two text formats: Prometheus 0.0.4 and OpenMetrics 1.0.0. Samples are the same in both; headers differ. */
export const formats = ['text', 'openmetrics'] as const;
export type Format = (typeof formats)[number];

export interface Family {
  /** With `_total` for a counter, as in its samples. */
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  /** One line without `"` and `\`, which the two formats escape differently. */
  readonly help: string;
}

declare const escaped: unique symbol;
/** `name="value"` pairs, escaped: the text between the braces of a sample. */
export type Labels = string & { readonly [escaped]: true };

export function labels(pairs: Readonly<Record<string, string | number>>): Labels {
  let text = '';
  for (const name in pairs) {
    const value = pairs[name] ?? '';
    text += `${text === '' ? '' : ','}${name}="${typeof value === 'number' ? value : escapeValue(value)}"`;
  }
  return text as Labels;
}

/** The label that every series of a cluster has, the first one. */
export function clusterLabel(name: string): Labels {
  return labels({ zeebe_cluster: name });
}

export function joinLabels(left: Labels, right: Labels): Labels {
  return `${left},${right}` as Labels;
}

function escapeValue(value: string): string {
  if (!/[\\"\n]/.test(value)) return value;
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

/**
 * Adds the pieces of one line of the exposition; `name` is that of the family, with a suffix for the parts of a
 * histogram. The lines are joined by `join('')`, as V8 keeps a text that was made by `+` or a template as a tree of its
 * pieces, which takes several times its length.
 */
export function addSample(pieces: string[], name: string, labels: Labels | '', value: number): void {
  if (labels === '') pieces.push(name, ' ', number(value), '\n');
  else pieces.push(name, '{', labels, '} ', number(value), '\n');
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

/** The bound of a histogram's bucket in the canonical form of both formats: `1.0`, `+Inf`. */
export function bucketBound(le: number | string): string {
  const bound = Number(le);
  if (!Number.isFinite(bound)) return '+Inf';
  return Number.isInteger(bound) ? bound.toFixed(1) : String(bound);
}

/** OpenMetrics names the family of a counter without the `_total` of its samples. */
export function header({ name, type, help }: Family, format: Format): string {
  const familyName = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
  return `# HELP ${familyName} ${help}\n# TYPE ${familyName} ${type}\n`;
}

export const contentTypes: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};
export const endings: Readonly<Record<Format, string>> = { text: '', openmetrics: '# EOF\n' };

/** Adds one sample to a family. Without labels of its own it has the label of the cluster only. */
export type Add = (value: number, own?: Labels) => void;

/** A family whose samples are a function of the state of a cluster. */
export interface StateFamily extends Family {
  readonly source: 'state';
  readonly samples: (state: ClusterState, add: Add) => void;
  /**
   * The one part of the state that the samples depend on: a primitive value, or an object that is never modified.
   * Absent: the samples are rendered for each poll.
   */
  readonly dependsOn?: (state: ClusterState) => unknown;
}

/** A family whose series rarely change and whose values are integers from 0 to 2³² − 1; rendered by rows.ts. */
export interface StableSeriesFamily extends Family {
  readonly source: 'stable series';
  /**
   * While this is the same, so are the series and their order. Undefined: there are no series. `viewSeries` is the
   * same object while the view of the cluster lists the same partitions and replicas; undefined without a view.
   */
  readonly seriesKey: (state: ClusterState, viewSeries: object | undefined) => unknown;
  readonly series: (state: ClusterState) => Iterable<Labels>;
  /** Puts the value of each series, in the order of `series`. */
  readonly values: (state: ClusterState, put: (value: number) => void) => void;
  /** As of a `StateFamily`. */
  readonly dependsOn: (state: ClusterState) => unknown;
}

/** A family whose values are counted from poll to poll; see counters.ts. */
export interface CountedFamily extends Family {
  readonly source: 'counters';
}

export type ClusterFamily = StateFamily | StableSeriesFamily | CountedFamily;

export function gauge(
  name: string,
  help: string,
  samples: StateFamily['samples'],
  dependsOn?: StateFamily['dependsOn'],
): StateFamily {
  return { source: 'state', name, type: 'gauge', help, samples, ...omitUndefined({ dependsOn }) };
}

/** A gauge with one value, absent where the value is undefined. */
export function single(name: string, help: string, value: (state: ClusterState) => number | undefined): StateFamily {
  const samples: StateFamily['samples'] = (state, add) => {
    const present = value(state);
    if (present !== undefined) add(present);
  };
  return gauge(name, help, samples, value);
}

/** Adds a state set (OpenMetrics), as gauges: one sample for each value, 1 for `current`, all 0 without one. */
export type AddStateSet<T extends string> = (add: Add, current: T | undefined) => void;

export function stateSet<T extends string>(label: string, values: readonly T[]): AddStateSet<T> {
  const members = values.map((value) => ({ value, pair: labels({ [label]: value }) }));
  return (add, current) => {
    for (const { value, pair } of members) add(value === current ? 1 : 0, pair);
  };
}

export function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}
