import type { Format } from '../../src/metrics/family.ts';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  /** With `_total` for a counter, in both formats. */
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

interface OpenFamily extends Family {
  type: string;
  readonly samples: Sample[];
}

const metricName = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const header = new RegExp(`^# (HELP|TYPE) (${metricName}) (\\S.*)$`);
const sample = new RegExp(`^(${metricName})(?:\\{(.*)\\})? (\\S+)$`, 's');
const pair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,(?=.)|$)/gsy;
const number = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|NaN|[+-]Inf)$/;
const canonicalBound = /^(?:\d+\.\d+|\+Inf)$/;

/**
 * Reads a page strictly, by the grammars of the text format 0.0.4 or of OpenMetrics 1.0.0 and the project's own
 * rules: HELP, TYPE and samples of a family together and once; no blank line, no comment, no timestamp, no exemplar,
 * no series twice. Throws at what is anything else.
 */
export function parseStrictly(page: string, format: Format): readonly Family[] {
  const end = format === 'openmetrics' ? '# EOF\n' : '';
  if (!page.endsWith(end)) throw new Error('no # EOF at the end');
  const text = page.slice(0, page.length - end.length);
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, OpenFamily>();
  let open: OpenFamily | undefined;
  const series = new Set<string>();

  for (const line of text.split('\n').slice(0, -1)) {
    const fail = (problem: string) => new Error(`${problem}: ${line}`);
    const [, keyword, name = '', rest = ''] = header.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (/["\\]/.test(rest)) throw fail('HELP with a character to escape');
      open = { name, type: '', help: rest, samples: [] };
      if (families.has(name)) throw fail('a family twice');
      families.set(name, open);
    } else if (keyword === 'TYPE') {
      if (open?.name !== name || open.type !== '') throw fail('a TYPE without its HELP');
      if (!['gauge', 'counter', 'histogram'].includes(rest)) throw fail('a type unheard of');
      open.type = rest;
    } else {
      const read = parseSample(line);
      if (!read || !open || open.type === '') throw fail('neither a header nor a sample');
      if (!sampleNames(open.name, open.type, format).includes(read.name)) throw fail(`not of family ${open.name}`);
      const identity = JSON.stringify([read.name, Object.entries(read.labels).sort()]);
      if (series.has(identity)) throw fail('a series twice');
      series.add(identity);
      open.samples.push(read);
    }
  }
  return [...families.values()].map((family) => {
    if (family.type === '') throw new Error(`no TYPE of ${family.name}`);
    if (family.type === 'histogram') checkHistogram(family.samples);
    const total = format === 'openmetrics' && family.type === 'counter' ? '_total' : '';
    return { ...family, name: family.name + total };
  });
}

function parseSample(line: string): Sample | undefined {
  const [, name, labelText = '', value = ''] = sample.exec(line) ?? [];
  if (name === undefined || !number.test(value)) return undefined;
  const pairs = [...labelText.matchAll(pair)];
  if (pairs.map(([whole]) => whole).join('') !== labelText) return undefined;
  const labels = Object.fromEntries(pairs.map(([, label = '', text = '']) => [label, unescaped(text)]));
  if (Object.keys(labels).length < pairs.length) return undefined;
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) };
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character));
}

function sampleNames(family: string, type: string, format: Format): readonly string[] {
  if (type === 'histogram') return ['_bucket', '_sum', '_count'].map((suffix) => family + suffix);
  if (type !== 'counter') return [family];
  if (format === 'openmetrics') return [`${family}_total`];
  return family.endsWith('_total') ? [family] : [];
}

/** Of each series of a histogram: buckets in order, none smaller than the one before, `+Inf` the count; then the sum. */
function checkHistogram(samples: readonly Sample[]): void {
  for (let rest = samples; rest.length > 0; ) {
    const buckets = rest.slice(
      0,
      rest.findIndex(({ name }) => !name.endsWith('_bucket')),
    );
    const [sum, count] = rest.slice(buckets.length);
    const bounds = buckets.map(({ labels }) => labels.le ?? '');
    const numbers = bounds.map((bound) => Number(bound.replace('Inf', 'Infinity')));
    const rising = (values: readonly number[]) => values.every((value, index) => value >= (values[index - 1] ?? 0));
    const well =
      bounds.every((bound) => canonicalBound.test(bound)) &&
      bounds.at(-1) === '+Inf' &&
      rising(numbers) &&
      rising(buckets.map(({ value }) => value)) &&
      sum?.name.endsWith('_sum') &&
      count?.name.endsWith('_count') &&
      count.value === buckets.at(-1)?.value;
    if (!well) throw new Error(`a histogram out of order: ${JSON.stringify(rest[0])}`);
    rest = rest.slice(buckets.length + 2);
  }
}
