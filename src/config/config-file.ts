import { nearestName } from '../nearest-name.ts';
import { type ReadFile, readFailure } from './file-reader.ts';
import type { Problem } from './problem.ts';
import { namedSource, type Source } from './resolve.ts';
import type { Raw, Setting, Shape, Table } from './setting.ts';
import { EncodingError, textOf } from './setting-files.ts';
import { clusterTable, topTable } from './settings-table.ts';
import { formatPath, harmlessKey, type Path, parseYaml, type Yaml } from './yaml.ts';

interface ConfigFile {
  readonly top: Source;
  /** Absent if the file has no `clusters`. */
  readonly clusters?: readonly Source[];
  /** The value of `discovery`, unread; absent if the file has none. */
  readonly discovery?: { readonly yaml: Yaml; readonly value: unknown };
}

const nothing = namedSource(new Map(), new Map());
export const noFile: ConfigFile = { top: nothing };
const unusable: ConfigFile = { top: nothing, clusters: [] };

/** Reading 2,000 clusters takes a few seconds, during which the exporter does nothing else. */
export const maxClusters = 2_000;

/** Reads a configuration file and reports all problems. A file that is not a YAML mapping has no settings. */
export function readConfigFile(file: string, readFile: ReadFile, problems: Problem[]): ConfigFile {
  const mapping = readMappingFile(file, readFile, problems);
  if (mapping === undefined) return unusable;
  const { yaml, content } = mapping;
  const settings = Object.entries(content).filter(([key]) => !isExtension(key));
  if (settings.length === 0) {
    const found = Object.keys(content).length === 0 ? 'an empty file' : 'only keys that begin with x-';
    problems.push({ place: file, expected: 'clusters or other settings', found });
    return unusable;
  }
  const { clusters, discovery, ...others } = Object.fromEntries(settings);
  const alsoKnown = ['clusters', 'discovery'];
  return {
    top: readMapping(others, { yaml, root: [], table: topTable, alsoKnown, problems }),
    ...(clusters !== undefined && { clusters: readClusters(clusters, { yaml, root: ['clusters'], problems }) }),
    ...(discovery !== undefined && { discovery: { yaml, value: discovery } }),
  };
}

/** Reads a file that is a list of clusters, and reports all problems. */
export function readClusterListFile(file: string, readFile: ReadFile, problems: Problem[]): readonly Source[] {
  const yaml = readYamlFile(file, readFile, problems);
  const isEmptyList = Array.isArray(yaml?.content) && yaml.content.length === 0;
  return yaml === undefined || isEmptyList ? [] : readClusters(yaml.content, { yaml, root: [], problems });
}

/** Keys at the top that begin with x-, as in Compose files, hold values for YAML aliases. */
function isExtension(key: string): boolean {
  return key.startsWith('x-');
}

function readClusters(clusters: unknown, list: Pick<Reading, 'yaml' | 'root' | 'problems'>): readonly Source[] {
  const { yaml, root, problems } = list;
  if (!Array.isArray(clusters) || clusters.length === 0) {
    const expected = 'a list of at least one cluster';
    problems.push({ place: yaml.place(root), expected, found: describe(clusters) });
    return [];
  }
  if (clusters.length > maxClusters) {
    const expected = `at most ${maxClusters} clusters`;
    problems.push({ place: yaml.place(root), expected, found: `${clusters.length}` });
    return [];
  }
  return clusters.flatMap((cluster: unknown, index) => {
    const reading = { ...list, root: [...root, index], table: clusterTable, alsoKnown: [] };
    return readMappingValue(cluster, reading) ?? [];
  });
}

/** Reads a value that should be a mapping; returns undefined if it is none, which is reported. */
export function readMappingValue(value: unknown, reading: Reading): Source | undefined {
  if (isMapping(value)) return readMapping(value, reading);
  const { yaml, root, problems } = reading;
  problems.push({ place: yaml.place(root), expected: 'a mapping', found: describe(value) });
  return undefined;
}

export type Mapping = Readonly<Record<string, unknown>>;

interface MappingFile {
  readonly yaml: Yaml;
  /** Without keys if the file is empty. */
  readonly content: Mapping;
}

/** Returns undefined if a file is not a YAML mapping, which is reported. */
export function readMappingFile(file: string, readFile: ReadFile, problems: Problem[]): MappingFile | undefined {
  const yaml = readYamlFile(file, readFile, problems);
  if (yaml === undefined) return undefined;
  const content = yaml.content ?? {};
  if (!isMapping(content)) {
    problems.push({ place: yaml.place([]), expected: 'a mapping', found: describe(content) });
    return undefined;
  }
  return { yaml, content };
}

function readYamlFile(file: string, readFile: ReadFile, problems: Problem[]): Yaml | undefined {
  const text = readText(file, readFile, problems);
  return text === undefined ? undefined : parseYaml(file, text, problems);
}

function readText(file: string, readFile: ReadFile, problems: Problem[]): string | undefined {
  try {
    return textOf(readFile(file));
  } catch (error) {
    problems.push(
      error instanceof EncodingError
        ? { place: `${file}${error.position}`, expected: 'text in UTF-8', found: error.message }
        : { place: file, expected: 'a readable file', found: readFailure(error) },
    );
    return undefined;
  }
}

export interface Reading {
  readonly yaml: Yaml;
  /** The path of the mapping in the file. */
  readonly root: Path;
  readonly table: Table;
  /** Further keys of the mapping itself that are allowed, as they are read elsewhere. */
  readonly alsoKnown: readonly string[];
  readonly problems: Problem[];
}

/** Reads a mapping by its table. Values of a wrong shape and unknown keys are reported and omitted. */
export function readMapping(mapping: Mapping, reading: Reading): Source {
  const { yaml, root } = reading;
  const found: Found = { given: new Map(), present: new Set() };
  readGroup(mapping, '', reading, found);
  const lines = [...found.present].map((path) => [path, yaml.line(pathOf(root, path))] as const);
  const prefix = root.length === 0 ? '' : `${formatPath(root)}.`;
  return {
    given: found.given,
    location: { file: yaml.file, prefix, lines: new Map([['', yaml.line(root)], ...lines]) },
  };
}

interface Found {
  readonly given: Map<string, Raw>;
  /** The settings and groups that are there. */
  readonly present: Set<string>;
}

function readGroup(group: Mapping, prefix: string, reading: Reading, found: Found): void {
  const { yaml, root, table, alsoKnown, problems } = reading;
  const names = namesIn(table, prefix);
  for (const [name, value] of Object.entries(group)) {
    const key = `${prefix}${name}`;
    const setting = table[key];
    if (!names.includes(name)) {
      const parent = pathOf(root, prefix).slice(0, -1);
      const shownAs = harmlessKey(name, value);
      const known = prefix === '' ? [...names, ...alsoKnown] : names;
      const place = yaml.place([...parent, name], [...parent, shownAs]);
      problems.push({ place, expected: `one of ${known.join(', ')}`, found: unknownKey(shownAs, known) });
    } else if (setting !== undefined) {
      found.present.add(key);
      const read = readValue(value, setting);
      if ('raw' in read) found.given.set(key, read.raw);
      else problems.push({ place: yaml.place(pathOf(root, key)), ...read });
    } else if (isMapping(value)) {
      found.present.add(key);
      readGroup(value, `${key}.`, reading, found);
    } else {
      problems.push({ place: yaml.place(pathOf(root, key)), expected: 'a mapping', found: describe(value) });
    }
  }
}

function pathOf(root: Path, key: string): Path {
  return [...root, ...key.split('.')];
}

function unknownKey(name: string, known: readonly string[]): string {
  if (name === '<<')
    return 'a merge key, which YAML 1.2 does not have (an alias can only be a whole value: oauth2: *shared)';
  const nearest = nearestName(name, known);
  return nearest === undefined ? 'an unknown key' : `an unknown key (did you mean ${nearest}?)`;
}

function readValue(value: unknown, setting: Setting): { readonly raw: Raw } | Omit<Problem, 'place'> {
  const raw = rawOf(setting.isDuration && value === 0 ? '0' : value, setting.shape);
  if (raw === undefined) return { expected: expectedOf(value, setting), found: describe(value) };
  if (isWellFormed(raw)) return { raw };
  const found = 'half a character (one of \\uD800 to \\uDFFF that stands alone)';
  return { expected: 'text of whole characters', found };
}

/** A number that would not be valid as text either, such as a duration without unit, is not a matter of quotes. */
function expectedOf(value: unknown, { shape, format }: Setting): string {
  if (shape !== 'text' || (typeof value !== 'number' && typeof value !== 'boolean')) return shapes[shape];
  try {
    format(String(value));
    return shapes.text;
  } catch (error) {
    return error instanceof Error ? error.message : shapes.text;
  }
}

/** Returns the keys that a group may have: `client_id` in `oauth2.`. */
function namesIn(table: Table, prefix: string): readonly string[] {
  const keys = Object.keys(table).filter((key) => key.startsWith(prefix) && table[key]?.file !== false);
  const names = keys.map((key) => key.slice(prefix.length).replace(/\..*/, ''));
  return [...new Set(names)];
}

const quoted = 'in quotes if it looks like a number, true, false or null';

const shapes: Record<Shape, string> = {
  text: `text (${quoted})`,
  boolean: 'true or false',
  number: 'a number without quotes',
  list: `a list of texts (each ${quoted})`,
  map: `a mapping from names to texts (each ${quoted})`,
};

/** Returns undefined if the value is of another shape. */
function rawOf(value: unknown, shape: Shape): Raw | undefined {
  switch (shape) {
    case 'text':
      return isText(value) ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'number':
      return typeof value === 'number' ? value : undefined;
    case 'list':
      return Array.isArray(value) && value.every(isText) ? value : undefined;
    case 'map': {
      const pairs = isMapping(value) ? Object.entries(value) : [[]];
      return pairs.every(isTextPair) ? pairs : undefined;
    }
  }
}

/** Whether there are no lone surrogates. UTF-8 cannot encode them, so different names would be written alike. */
function isWellFormed(raw: Raw): boolean {
  return Array.isArray(raw) ? raw.flat().every((part: string) => part.isWellFormed()) : String(raw).isWellFormed();
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextPair(pair: readonly unknown[]): pair is [string, string] {
  return pair.length === 2 && pair.every(isText);
}

/** Describes the kind of a value, without its content. */
function describe(value: unknown): string {
  const parts = typeof value === 'object' && value !== null ? Object.values(value) : [];
  const oddPart = parts.findIndex((part) => !isText(part));
  return oddPart < 0 ? kindOf(value) : `${kindOf(value)} with ${kindOf(parts[oddPart])} in it`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'an empty value';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return isText(value) ? 'text' : typeof value === 'object' ? 'a mapping' : `a ${typeof value}`;
}
