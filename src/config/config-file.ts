import { EncodingError, type ReadFile, readFailure, textOf } from './files.ts';
import type { Problem } from './problem.ts';
import { namedSource, type Source } from './resolve.ts';
import type { Raw, Shape, Table } from './setting.ts';
import { clusterTable, topTable } from './settings-table.ts';
import { type Path, parseYaml, type Yaml } from './yaml.ts';

interface ConfigFile {
  readonly top: Source;
  /** Absent where the file has no `clusters`. */
  readonly clusters?: readonly Source[];
}

const nothing = namedSource(new Map(), (key) => key);
export const noFile: ConfigFile = { top: nothing };
const unusable: ConfigFile = { top: nothing, clusters: [] };

/** Reading them takes a few seconds, in which nothing else is done. */
const maxClusters = 2_000;

/** Whatever is wrong is reported; a file that is no YAML mapping at all gives nothing. */
export function readConfigFile(file: string, readFile: ReadFile, problems: Problem[]): ConfigFile {
  const mapping = readMappingFile(file, readFile, problems);
  if (mapping === undefined) {
    return unusable;
  }
  const { yaml, content } = mapping;
  if (Object.keys(content).length === 0) {
    problems.push({
      place: file,
      expected: `clusters or other settings`,
      found: 'an empty file',
    });
    return unusable;
  }
  const { clusters, ...others } = content;
  const top = readMapping(others, { yaml, root: [], table: topTable, alsoKnown: ['clusters'], problems });
  return clusters === undefined ? { top } : { top, clusters: readClusters(clusters, yaml, problems) };
}

function readClusters(clusters: unknown, yaml: Yaml, problems: Problem[]): readonly Source[] {
  if (!Array.isArray(clusters) || clusters.length === 0) {
    const expected = 'a list of at least one cluster';
    problems.push({ place: yaml.place(['clusters']), expected, found: describe(clusters) });
    return [];
  }
  if (clusters.length > maxClusters) {
    const expected = `at most ${maxClusters} clusters`;
    problems.push({ place: yaml.place(['clusters']), expected, found: `${clusters.length}` });
    return [];
  }
  return clusters.flatMap((cluster: unknown, index) => {
    const root = ['clusters', index];
    if (!isMapping(cluster)) {
      problems.push({ place: yaml.place(root), expected: 'a mapping', found: describe(cluster) });
      return [];
    }
    return [readMapping(cluster, { yaml, root, table: clusterTable, alsoKnown: [], problems })];
  });
}

export type Mapping = Readonly<Record<string, unknown>>;

interface MappingFile {
  readonly yaml: Yaml;
  /** Without keys where the file is empty. */
  readonly content: Mapping;
}

/** Undefined where a file is no YAML mapping, which is reported. */
export function readMappingFile(file: string, readFile: ReadFile, problems: Problem[]): MappingFile | undefined {
  const text = readText(file, readFile, problems);
  const yaml = text === undefined ? undefined : parseYaml(file, text, problems);
  if (yaml === undefined) {
    return undefined;
  }
  const content = yaml.content ?? {};
  if (!isMapping(content)) {
    problems.push({ place: yaml.place([]), expected: 'a mapping', found: describe(content) });
    return undefined;
  }
  return { yaml, content };
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

interface Reading {
  readonly yaml: Yaml;
  /** Where the mapping stands. */
  readonly root: Path;
  readonly table: Table;
  /** Names that are read elsewhere. */
  readonly alsoKnown: readonly string[];
  readonly problems: Problem[];
}

/** Reads a mapping by its table. What has the wrong shape, or no place in the table, is reported and left out. */
export function readMapping(mapping: Mapping, { yaml, root, table, alsoKnown, problems }: Reading): Source {
  const given = new Map<string, Raw>();
  const present = new Set<string>();
  const pathOf = (key: string) => [...root, ...key.split('.')];
  const report = (key: string, expected: string, value: unknown) => {
    problems.push({ place: yaml.place(pathOf(key)), expected, found: describe(value) });
  };

  const readSetting = (key: string, shape: Shape, value: unknown) => {
    present.add(key);
    const raw = rawOf(value, shape);
    if (raw === undefined) {
      report(key, shapes[shape], value);
    } else if (!isWellFormed(raw)) {
      const found = 'half a character (one of \\uD800 to \\uDFFF that stands alone)';
      problems.push({ place: yaml.place(pathOf(key)), expected: 'text of whole characters', found });
    } else {
      given.set(key, raw);
    }
  };
  const readGroup = (group: Mapping, prefix: string) => {
    const names = namesIn(table, prefix);
    for (const [name, value] of Object.entries(group)) {
      const key = `${prefix}${name}`;
      if (!names.includes(name)) {
        const parent = pathOf(prefix).slice(0, -1);
        const place = yaml.place([...parent, name], [...parent, harmlessName(name, value)]);
        problems.push({ place, expected: `one of ${[...names, ...alsoKnown].join(', ')}`, found: 'an unknown key' });
        continue;
      }
      const setting = table[key];
      if (setting !== undefined) {
        readSetting(key, setting.shape, value);
      } else if (isMapping(value)) {
        present.add(key);
        readGroup(value, `${key}.`);
      } else {
        report(key, 'a mapping', value);
      }
    }
  };
  readGroup(mapping, '');
  return { given, has: (path) => present.has(path), name: (key) => key, place: (key) => yaml.place(pathOf(key)) };
}

/** The names that may stand in a group: `client_id` in `oauth2.`. */
function namesIn(table: Table, prefix: string): readonly string[] {
  const keys = Object.keys(table).filter((key) => key.startsWith(prefix) && table[key]?.file !== false);
  const names = keys.map((key) => key.slice(prefix.length).replace(/\..*/, ''));
  return [...new Set(names)];
}

/** A key without a value, or of odd characters, may be a secret whose colon went missing. */
function harmlessName(name: string, value: unknown): string {
  return value !== null && /^[\w-]+$/.test(name) ? name : '…';
}

const quoted = 'in quotes if it looks like a number, true, false or null';

const shapes: Record<Shape, string> = {
  text: `text (${quoted})`,
  boolean: 'true or false',
  list: `a list of texts (each ${quoted})`,
  map: `a mapping from names to texts (each ${quoted})`,
};

/** Undefined where the value is of another shape. */
function rawOf(value: unknown, shape: Shape): Raw | undefined {
  switch (shape) {
    case 'text':
      return isText(value) ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'list':
      return Array.isArray(value) && value.every(isText) ? value : undefined;
    case 'map': {
      const pairs = isMapping(value) ? Object.entries(value) : [[]];
      return pairs.every(isTextPair) ? pairs : undefined;
    }
  }
}

/** Without lone surrogates, which no encoding can write: two names with other ones would be written alike. */
function isWellFormed(raw: Raw): boolean {
  return Array.isArray(raw) ? raw.flat().every((part: string) => part.isWellFormed()) : String(raw).isWellFormed();
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextPair(pair: readonly unknown[]): pair is [string, string] {
  return pair.length === 2 && pair.every(isText);
}

/** What a value is, without its content. */
function describe(value: unknown): string {
  const parts = typeof value === 'object' && value !== null ? Object.values(value) : [];
  const oddPart = parts.findIndex((part) => !isText(part));
  return oddPart < 0 ? kindOf(value) : `${kindOf(value)} with ${kindOf(parts[oddPart])} in it`;
}

function kindOf(value: unknown): string {
  if (value === null) {
    return 'an empty value';
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? 'an empty list' : 'a list';
  }
  return isText(value) ? 'text' : typeof value === 'object' ? 'a mapping' : `a ${typeof value}`;
}
