import convict from 'convict';
import type { Problem } from './problem.ts';
import { type Key, type Raw, type Setting, shown, type Table, type Value } from './setting.ts';

/** The settings that one place gives: the file, one of its clusters, the environment, the command line. Plain data. */
export interface Source {
  readonly given: ReadonlyMap<string, Raw>;
  readonly origin: Origin;
}

/**
 * What is there in a source, be it right or wrong, and where. Paths are those of settings (`oauth2.client_id`) and of
 * groups (`oauth2`).
 */
export type Origin = NamedOrigin | FileOrigin;

/** The environment or the command line. */
interface NamedOrigin {
  readonly present: ReadonlySet<string>;
  /** The variable or the flag of each setting that has one. */
  readonly names: ReadonlyMap<string, string>;
}

/** A mapping in a file. */
interface FileOrigin {
  readonly file: string;
  /** What precedes the path of a setting: `clusters[1].`; empty at the top of the file. */
  readonly prefix: string;
  /** The lines of the paths that are there, and of the mapping itself as ''. */
  readonly lines: ReadonlyMap<string, number>;
}

export interface NamedSource extends Source {
  readonly origin: NamedOrigin;
}

/** Returns a source without lines. `group` is there even if nothing in it is given. */
export function namedSource(
  given: ReadonlyMap<string, Raw>,
  names: ReadonlyMap<string, string>,
  group?: string,
): NamedSource {
  const paths = [...given.keys()].flatMap((key) => [...groupsOf(key), key]);
  return { given, origin: { names, present: new Set(group === undefined ? paths : [...paths, group]) } };
}

/** `oauth2` and `oauth2.tls_config` of `oauth2.tls_config.ca_file`. */
function groupsOf(key: string): readonly string[] {
  const names = key.split('.').slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join('.'));
}

/** Whether the setting or the group is there, be it right or wrong. */
export function isPresent(origin: Origin, path: string): boolean {
  return 'file' in origin ? origin.lines.has(path) : origin.present.has(path);
}

/** Reduces an origin to some paths. */
export function reduced(origin: Origin, isKept: (path: string) => boolean): Origin {
  return 'file' in origin
    ? { ...origin, lines: new Map([...origin.lines].filter(([path]) => path === '' || isKept(path))) }
    : { ...origin, present: new Set([...origin.present].filter(isKept)) };
}

/** What the setting is called in the source: its key, a variable, a flag. */
export function nameIn(origin: Origin, path: string): string {
  return 'file' in origin ? path : (origin.names.get(path) ?? path);
}

/** Where the setting stands, or would stand: its name, in a file with the file and the line. */
export function placeIn(origin: Origin, path: string): string {
  if (!('file' in origin)) return nameIn(origin, path);
  const { file, prefix, lines } = origin;
  const nearest = [path, ...groupsOf(path).toReversed()].find((candidate) => lines.has(candidate)) ?? '';
  return `${file}:${lines.get(nearest) ?? 1}: ${prefix}${path}`;
}

/** The settings of a table after all its sources. Plain data. */
export interface ResolvedSettings {
  /** The values that run, by key. The default stands in for a value that is refused. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What messages show of the values that are given. */
  readonly shown: Readonly<Record<string, string>>;
  /** The settings for which the default stands in. */
  readonly invalid: ReadonlySet<string>;
  /** A later one takes precedence over an earlier one. */
  readonly origins: readonly Origin[];
}

/** Lays the sources over each other, the last of which wins, and reports each value that its format refuses. */
export function resolve(table: Table, sources: readonly Source[], problems: Problem[]): ResolvedSettings {
  const given = new Map(sources.flatMap((source) => [...source.given]));
  const { values, refused } = convert(table, given);
  for (const key of references(table, given)) {
    refused.set(key, `the value itself (a variable such as \${NAME} is not replaced here)`);
  }
  const origins = sources.map(({ origin }) => origin);
  for (const [key, expected] of refused) {
    values[key] = defaultOf(table[key]);
    problems.push({ place: placeIn(winner(origins, key), key), expected, found: shownOf(table[key], given.get(key)) });
  }
  const misshapen = Object.keys(table).filter((key) => {
    const source = sources.findLast(({ origin }) => isPresent(origin, key));
    return source !== undefined && !source.given.has(key);
  });
  return {
    values,
    shown: Object.fromEntries([...given].map(([key, raw]) => [key, shownOf(table[key], raw)])),
    invalid: new Set([...refused.keys(), ...misshapen]),
    origins,
  };
}

interface Converted {
  readonly values: Record<string, unknown>;
  /** What was expected in place of a value, by key. */
  readonly refused: Map<string, string>;
}

/** Has convict validate and convert each value once. */
function convert(table: Table, given: ReadonlyMap<string, Raw>): Converted {
  const values: Record<string, unknown> = {};
  const refused = new Map<string, string>();
  const formatOf =
    (key: string, { format }: Setting) =>
    (raw: Raw) => {
      try {
        values[key] = format(raw);
      } catch (error) {
        refused.set(key, error instanceof Error ? error.message : 'another value');
      }
    };
  const config = convict<Record<string, unknown>>(schemaOf(table, formatOf), { env: {}, args: [] });
  for (const [key, raw] of given) config.set(key, raw);
  config.validate({ allowed: 'strict' });
  return { values, refused };
}

interface Schema {
  [name: string]: Schema | convict.SchemaObj<unknown>;
}

/** convict wants a group as an object of settings. */
function schemaOf(table: Table, formatOf: (key: string, setting: Setting) => (raw: Raw) => void): Schema {
  const schema: Schema = {};
  for (const [key, setting] of Object.entries(table)) {
    const names = key.split('.');
    const last = names.pop() ?? key;
    let group = schema;
    for (const name of names) {
      group[name] ??= {};
      group = group[name] as Schema;
    }
    group[last] = { default: setting.default, format: formatOf(key, setting) };
  }
  return schema;
}

function shownOf(setting: Setting | undefined, raw: Raw | undefined): string {
  return setting === undefined || raw === undefined ? 'nothing' : shown(setting, raw);
}

function defaultOf(setting: Setting | undefined): unknown {
  return setting?.default === undefined ? undefined : setting.format(setting.default);
}

/** The settings that hold `${NAME}`, which many programs replace by a variable's value. */
function references(table: Table, given: ReadonlyMap<string, Raw>): readonly string[] {
  return Object.entries(table).flatMap(([key, { isSecret }]) => {
    const pattern = isSecret ? /^\$\{\w+\}$/ : /\$\{\w+\}/;
    return textsIn(given.get(key)).some((text) => pattern.test(text)) ? [key] : [];
  });
}

function textsIn(raw: Raw | undefined): readonly string[] {
  const parts = Array.isArray(raw) ? raw.flat() : [raw];
  return parts.filter((part) => typeof part === 'string');
}

/** The origin of a setting: the last one that has it, else the last one, where it would be set. */
function winner(origins: readonly Origin[], path: string): Origin {
  const origin = origins.findLast((candidate) => isPresent(candidate, path)) ?? origins.at(-1);
  if (origin === undefined) throw new Error('settings without a source');
  return origin;
}

/** Resolved settings by the keys of their table. */
export interface Settings<T extends Table> {
  readonly resolved: ResolvedSettings;
  readonly value: <K extends Key<T>>(key: K) => Value<T[K]>;
  /** Returns the value; reports a problem if none is given. */
  readonly required: <K extends Key<T>>(key: K) => Value<T[K]>;
  /** Whether the setting, or the group of settings, is there, be it right or wrong. */
  readonly has: (path: string) => boolean;
  /** False if the default stands in for what is given. */
  readonly valid: (key: Key<T>) => boolean;
  /** What the setting is called where it is given: its key, a variable, a flag. */
  readonly name: (path: string) => string;
  readonly place: (path: string) => string;
  /** The value as messages show it. */
  readonly shown: (key: Key<T>) => string;
  readonly report: (path: string, expected: string, found: string) => void;
}

export function settingsOf<T extends Table>(table: T, resolved: ResolvedSettings, problems: Problem[]): Settings<T> {
  const { values, origins, invalid } = resolved;
  const settings: Settings<T> = {
    resolved,
    // What `resolve` has put there is what the format of this setting returned.
    value: <K extends Key<T>>(key: K) => values[key] as Value<T[K]>,
    required: (key) => {
      if (!settings.has(key)) settings.report(key, 'a value', 'nothing');
      return settings.value(key);
    },
    has: (path) => origins.some((origin) => isPresent(origin, path)),
    valid: (key) => !invalid.has(key),
    name: (path) => nameIn(winner(origins, path), path),
    place: (path) => placeIn(winner(origins, path), path),
    shown: (key) => resolved.shown[key] ?? shownOf(table[key], table[key]?.default),
    report: (path, expected, found) => {
      problems.push({ place: settings.place(path), expected, found });
    },
  };
  return settings;
}
