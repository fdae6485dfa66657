import convict from 'convict';

import type { Problem } from './problem.ts';
import type { Key, Raw, Setting, Table, Value } from './setting.ts';
import { hide, showPlain } from './setting.ts';

/** The settings that one place gives: the file, one of its clusters, the environment, the command line. */
export interface Source {
  readonly given: ReadonlyMap<string, Raw>;
  /** Whether the setting, or the group of settings, is there at all, be it right or wrong. */
  has(path: string): boolean;
  /** What the setting is called there: its key, a variable, a flag. */
  name(path: string): string;
  /** Where it stands, or would stand: the name, with file and line where there are any. */
  place(path: string): string;
}

/** A source whose settings stand on no line: the environment, the command line. */
export function namedSource(given: ReadonlyMap<string, Raw>, name: (key: string) => string): Source {
  const has = (path: string) => given.has(path) || [...given.keys()].some((key) => key.startsWith(`${path}.`));
  return { given, has, name, place: name };
}

/** The settings of a table, after all its sources. */
export interface Settings<T extends Table> {
  /** The value that runs. Where what was given is wrong (and reported), the default stands in for it. */
  value<K extends Key<T>>(key: K): Value<T[K]>;
  /** The same; reports where nothing is given. */
  required<K extends Key<T>>(key: K): Value<T[K]>;
  has(path: string): boolean;
  /** False where the default stands in for what was given. */
  valid(key: Key<T>): boolean;
  name(path: string): string;
  place(path: string): string;
  /** The value as it was written. */
  raw(key: Key<T>): Raw | undefined;
  /** The same for people to see, or `<secret>`. */
  shown(key: Key<T>): string;
  report(path: string, expected: string, found: string): void;
}

/** Lays a source over the ones below it, the last of which wins, and reports each value that its format refuses. */
export function resolve<T extends Table>(
  table: T,
  source: Source,
  below: readonly Source[],
  problems: Problem[],
): Settings<T> {
  const config = convict<Record<string, unknown>>(nested(table), { env: {}, args: [] });
  const sources = [...below, source];
  for (const [key, raw] of sources.flatMap(({ given }) => [...given])) {
    config.set(key, raw);
  }
  const rawOf = (key: string) => config.get(key) as Raw | undefined;
  const refused = new Map([...refusals(config), ...references(table, rawOf)]);
  const sourceOf = (path: string) => sources.findLast((candidate) => candidate.has(path)) ?? source;

  const settings: Settings<T> = {
    value<K extends Key<T>>(key: K) {
      const setting = table[key];
      const raw = refused.has(key) ? setting?.default : rawOf(key);
      return (raw === undefined ? undefined : setting?.format(raw)) as Value<T[K]>;
    },
    required(key) {
      if (!settings.has(key)) {
        settings.report(key, 'a value', 'nothing');
      }
      return settings.value(key);
    },
    has: (path) => sourceOf(path).has(path),
    valid: (key) => !refused.has(key) && sourceOf(key).has(key) === sourceOf(key).given.has(key),
    name: (path) => sourceOf(path).name(path),
    place: (path) => sourceOf(path).place(path),
    raw: rawOf,
    shown(key) {
      const raw = rawOf(key);
      return raw === undefined ? 'nothing' : (table[key]?.show ?? showPlain)(raw);
    },
    report(path, expected, found) {
      problems.push({ place: settings.place(path), expected, found });
    },
  };
  for (const [key, expected] of refused) {
    settings.report(key, expected, settings.shown(key));
  }
  return settings;
}

interface Group {
  [name: string]: Group | Setting;
}

/** convict wants a group as an object of settings. */
function nested(table: Table): Group {
  const schema: Group = {};
  for (const [key, setting] of Object.entries(table)) {
    const names = key.split('.');
    const last = names.pop() ?? key;
    let group = schema;
    for (const name of names) {
      group[name] ??= {};
      group = group[name] as Group;
    }
    group[last] = setting;
  }
  return schema;
}

/** The settings that hold `${NAME}`, which many programs replace by a variable's value. */
function references(table: Table, rawOf: (key: string) => Raw | undefined): [key: string, expected: string][] {
  const keys = Object.keys(table).filter((key) => {
    const pattern = table[key]?.show === hide ? /^\$\{\w+\}$/ : /\$\{\w+\}/;
    return textsIn(rawOf(key)).some((text) => pattern.test(text));
  });
  return keys.map((key) => [key, `the value itself (a variable such as \${NAME} is not replaced here)`]);
}

function textsIn(raw: Raw | undefined): readonly string[] {
  const parts = Array.isArray(raw) ? raw.flat() : [raw];
  return parts.filter((part) => typeof part === 'string');
}

/** convict throws one text: as no value is in it, a line `key: expected` for each setting. */
function refusals(config: convict.Config<Record<string, unknown>>): [key: string, expected: string][] {
  try {
    config.validate({ allowed: 'strict' });
    return [];
  } catch (error) {
    if (!(error instanceof Error)) {
      throw error;
    }
    return error.message.split('\n').map((line) => {
      const end = line.indexOf(': ');
      return [line.slice(0, end), line.slice(end + 2)];
    });
  }
}
