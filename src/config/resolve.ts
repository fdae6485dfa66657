import convict from 'convict';
import type { Problem } from './problem.ts';
import { type Key, type Raw, type Setting, shown, type Table, type Value } from './setting.ts';

/** Settings from one place: the file, one of its clusters, the environment or the command line. Plain data. */
export interface Source {
  readonly given: ReadonlyMap<string, Raw>;
  readonly location: Location;
}

/**
 * Which settings are present in a source, valid or not, and where. Paths are those of settings (`oauth2.client_id`) and
 * of groups (`oauth2`).
 */
export type Location = NamedLocation | FileLocation;

/** The environment or the command line. */
interface NamedLocation {
  readonly present: ReadonlySet<string>;
  /** The variable or the flag of each setting that has one. */
  readonly names: ReadonlyMap<string, string>;
}

/** A mapping in a file. */
interface FileLocation {
  readonly file: string;
  /** Precedes the path of a setting: `clusters[1].`; empty at the top of the file. */
  readonly prefix: string;
  /** The lines of the paths that are present, and of the mapping itself by the path ''. */
  readonly lines: ReadonlyMap<string, number>;
}

export interface NamedSource extends Source {
  readonly location: NamedLocation;
}

/** Returns a source without lines. `group` is present even if none of its settings is. */
export function namedSource(
  given: ReadonlyMap<string, Raw>,
  names: ReadonlyMap<string, string>,
  group?: string,
): NamedSource {
  const paths = [...given.keys()].flatMap((key) => [...groupsOf(key), key]);
  return { given, location: { names, present: new Set(group === undefined ? paths : [...paths, group]) } };
}

/** Returns `oauth2` and `oauth2.tls_config` for `oauth2.tls_config.ca_file`. */
function groupsOf(key: string): readonly string[] {
  const names = key.split('.').slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join('.'));
}

/** Whether the setting or the group is present, valid or not. */
export function isPresent(location: Location, path: string): boolean {
  return 'file' in location ? location.lines.has(path) : location.present.has(path);
}

/** Returns the paths of the settings and groups that are present. */
export function pathsIn(location: Location): readonly string[] {
  return [...('file' in location ? location.lines.keys() : location.present)];
}

/** Reduces a location to some paths. */
function reduced(location: Location, isKept: (path: string) => boolean): Location {
  return 'file' in location
    ? { ...location, lines: new Map([...location.lines].filter(([path]) => path === '' || isKept(path))) }
    : { ...location, present: new Set([...location.present].filter(isKept)) };
}

/** Reduces a source to some settings, and the groups that they are in. */
export function only({ given, location }: Source, isKept: (path: string) => boolean): Source {
  return { given: new Map([...given].filter(([key]) => isKept(key))), location: reduced(location, isKept) };
}

/** Returns the name of the setting in the source: its key, a variable or a flag. */
export function nameIn(location: Location, path: string): string {
  return 'file' in location ? path : (location.names.get(path) ?? path);
}

/** Returns the place of the setting, present or not: its name, preceded by file and line in a file. */
export function placeIn(location: Location, path: string): string {
  if (!('file' in location)) return nameIn(location, path);
  const { file, prefix, lines } = location;
  const nearest = [path, ...groupsOf(path).toReversed()].find((candidate) => lines.has(candidate)) ?? '';
  return `${file}:${lines.get(nearest) ?? 1}: ${prefix}${path}`;
}

/** The settings of a table after all its sources. Plain data. */
export interface ResolvedSettings {
  /** The converted values by key. An invalid value is replaced by the default. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The given values by key, as messages show them. */
  readonly shown: Readonly<Record<string, string>>;
  /** The keys of the settings whose given value is replaced by the default. */
  readonly invalid: ReadonlySet<string>;
  /** In ascending precedence. */
  readonly locations: readonly Location[];
}

/** Merges the sources, in ascending precedence, and reports each value that its format rejects. */
export function resolve(table: Table, sources: readonly Source[], problems: Problem[]): ResolvedSettings {
  const given = new Map(sources.flatMap((source) => [...source.given]));
  const { values, refused } = convert(table, given);
  for (const key of references(table, given)) {
    refused.set(key, `the value itself (a variable such as \${NAME} is not replaced here)`);
  }
  const locations = sources.map(({ location }) => location);
  for (const [key, expected] of refused) {
    values[key] = defaultOf(table[key]);
    problems.push({
      place: placeIn(winner(locations, key), key),
      expected,
      found: shownOf(table[key], given.get(key)),
    });
  }
  const misshapen = Object.keys(table).filter((key) => {
    const source = sources.findLast(({ location }) => isPresent(location, key));
    return source !== undefined && !source.given.has(key);
  });
  return {
    values,
    shown: Object.fromEntries([...given].map(([key, raw]) => [key, shownOf(table[key], raw)])),
    invalid: new Set([...refused.keys(), ...misshapen]),
    locations,
  };
}

interface Converted {
  readonly values: Record<string, unknown>;
  /** What was expected instead of a rejected value, by key. */
  readonly refused: Map<string, string>;
}

/** Validates and converts each value once, by convict. */
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

/** Returns the schema of convict, which has groups as objects of settings. */
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

/** Returns the settings that contain `${NAME}`, which many programs replace by a variable's value. */
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

/** Returns the location that takes precedence: the last one that has the setting, else the last one. */
function winner(locations: readonly Location[], path: string): Location {
  const location = locations.findLast((candidate) => isPresent(candidate, path)) ?? locations.at(-1);
  if (location === undefined) throw new Error('settings without a source');
  return location;
}

/** Typed access to resolved settings. */
export interface Settings<T extends Table> {
  readonly resolved: ResolvedSettings;
  readonly value: <K extends Key<T>>(key: K) => Value<T[K]>;
  /** Returns the value; reports a problem if none is given. */
  readonly required: <K extends Key<T>>(key: K) => Value<T[K]>;
  /** Whether the setting, or the group of settings, is present, valid or not. */
  readonly has: (path: string) => boolean;
  /** False if the given value is replaced by the default. */
  readonly valid: (key: Key<T>) => boolean;
  /** Returns the name of the setting where it is given: its key, a variable or a flag. */
  readonly name: (path: string) => string;
  readonly place: (path: string) => string;
  /** Returns the value as messages show it. */
  readonly shown: (key: Key<T>) => string;
  readonly report: (path: string, expected: string, found: string) => void;
}

export function settingsOf<T extends Table>(table: T, resolved: ResolvedSettings, problems: Problem[]): Settings<T> {
  const { values, locations, invalid } = resolved;
  const settings: Settings<T> = {
    resolved,
    // `resolve` has put the result of this setting's format there.
    value: <K extends Key<T>>(key: K) => values[key] as Value<T[K]>,
    required: (key) => {
      if (!settings.has(key)) settings.report(key, 'a value', 'nothing');
      return settings.value(key);
    },
    has: (path) => locations.some((location) => isPresent(location, path)),
    valid: (key) => !invalid.has(key),
    name: (path) => nameIn(winner(locations, path), path),
    place: (path) => placeIn(winner(locations, path), path),
    shown: (key) => resolved.shown[key] ?? shownOf(table[key], table[key]?.default),
    report: (path, expected, found) => {
      problems.push({ place: settings.place(path), expected, found });
    },
  };
  return settings;
}
