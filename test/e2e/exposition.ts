/** A page of metrics in the text format 0.0.4. */
export interface Exposition {
  readonly families: ReadonlyMap<string, Family>;
  /** Returns the value of the only series with the name and labels (it may have more), undefined if there is none. */
  readonly value: (name: string, labels?: Labels) => number | undefined;
  /** Returns all series with the name and labels. They may have more labels. */
  readonly series: (name: string, labels?: Labels) => readonly Sample[];
  /** Returns the active values of a state set: those of the label whose series is 1. */
  readonly set: (name: string, label: string, labels?: Labels) => readonly (string | undefined)[];
}

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

export type Labels = Readonly<Record<string, string>>;

const nameSyntax = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const labelSyntax = `([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\\]|\\\\[\\\\"n])*)"`;
const header = new RegExp(`^# (HELP|TYPE) (${nameSyntax}) (.+)$`);
const sample = new RegExp(`^(${nameSyntax})(?:\\{((?:${labelSyntax},?)*)\\})? (\\S+)$`);
const suffixes = { histogram: ['_bucket', '_sum', '_count'], summary: ['', '_sum', '_count'] };

/** Parses the page strictly: throws on anything that is not the text format 0.0.4. */
export function parseExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('The page does not end with a line feed');
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>();
  let current = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const [, keyword, family = '', rest = ''] = header.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (families.has(family)) throw new Error(`A second HELP of ${family}`);
      families.set(family, { type: '', help: rest, samples: [] });
      current = family;
      continue;
    }
    const open = families.get(current);
    if (open === undefined) throw new Error(`No HELP before: ${line}`);
    if (keyword === 'TYPE') {
      if (family !== current || open.type !== '') throw new Error(`TYPE out of place: ${line}`);
      open.type = rest;
      continue;
    }
    const read = readSample(line);
    const names = namesOf(current, open.type);
    if (!names.includes(read.name)) throw new Error(`Outside its family, ${current}: ${line}`);
    open.samples.push(read);
  }
  return exposition(families);
}

function namesOf(family: string, type: string): string[] {
  return type === 'histogram' || type === 'summary' ? suffixes[type].map((suffix) => family + suffix) : [family];
}

function readSample(line: string): Sample {
  const [, name, labelText = '', , , number = ''] = sample.exec(line) ?? [];
  if (name === undefined) throw new Error(`Neither a comment nor a sample: ${line}`);
  const labels: Record<string, string> = {};
  for (const [, label = '', value = ''] of labelText.matchAll(new RegExp(labelSyntax, 'g'))) {
    if (label in labels) throw new Error(`The label ${label} twice: ${line}`);
    labels[label] = value.replaceAll(/\\([\\"n])/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
  }
  return { name, labels, value: readNumber(number) };
}

function readNumber(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  const value = Number(text);
  if (Number.isNaN(value) && text !== 'NaN') throw new Error(`Not a number: ${text}`);
  return value;
}

function exposition(families: ReadonlyMap<string, Family>): Exposition {
  const samples = [...families.values()].flatMap((family) => family.samples);
  const series = (name: string, labels: Labels = {}) =>
    samples.filter(
      (one) => one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
    );
  return {
    families,
    series,
    value(name, labels) {
      const [first, ...others] = series(name, labels);
      if (others.length > 0) throw new Error(`${others.length + 1} series are ${name}${JSON.stringify(labels ?? {})}`);
      return first?.value;
    },
    set(name, label, labels) {
      return series(name, labels)
        .filter(({ value }) => value === 1)
        .map((one) => one.labels[label]);
    },
  };
}
