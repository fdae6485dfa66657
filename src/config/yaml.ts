import {
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import type { Problem } from './problem.ts';

/** The keys and indices from the root to a value: `['clusters', 1, 'name']`. */
export type Path = readonly (string | number)[];

export interface Yaml {
  readonly file: string;
  /** Null if the file is empty. */
  readonly content: unknown;
  /** The line of a key or an item; if it is not there, the line of the value around it. */
  readonly line: (path: Path) => number;
  /** `exporter.yml:12: clusters[1].name`. */
  readonly place: (path: Path, shownAs?: Path) => string;
}

/** Replaces messages of the yaml package that quote from the file, which may show a part of a secret. */
const reasonsWithoutQuotes: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: 'an alias (*) or anchor (&) that is not valid',
  BAD_COLLECTION_TYPE: 'a tag (!) that does not fit',
  BAD_DIRECTIVE: 'a directive (%) that is not valid',
  BAD_DQ_ESCAPE: 'an unknown escape sequence in double quotes',
  BAD_PROP_ORDER: 'an anchor (&) or tag (!) in the wrong place',
  MULTIPLE_DOCS: 'more than one document (---)',
  RESOURCE_EXHAUSTION: 'values that are nested too deeply',
  TAG_RESOLVE_FAILED: 'an unknown tag (text that begins with ! needs quotes)',
  UNEXPECTED_TOKEN: 'something that does not belong there',
};

/** About ten times the values of a file with the maximum number of clusters. */
const maxSize = 500_000;

/** Returns undefined if the text is not one document of YAML 1.2 (core schema), which is reported. */
export function parseYaml(file: string, text: string, problems: Problem[]): Yaml | undefined {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    // Pretty errors and warnings on the standard error would quote the file.
    prettyErrors: false,
    logLevel: 'error',
    stringKeys: true,
    // The package compares each key with all others of its mapping. contentOf finds duplicates in linear time.
    uniqueKeys: false,
  });
  let isValid = true;
  const report = (offset: number, found: string) => {
    const { line, col } = lineCounter.linePos(offset);
    problems.push({ place: `${file}:${line}:${col}`, expected: 'valid YAML', found });
    isValid = false;
  };
  reportErrors(document, report);
  if (!isValid) return undefined;
  const { value: content, size } = contentOf(document.contents, report);
  if (size > maxSize) report(0, `more than ${maxSize} values, each as often as aliases (*) repeat it`);
  if (!isValid) return undefined;
  const line = linesOf(document, lineCounter);
  return {
    file,
    content,
    line,
    place: (path, shownAs = path) => `${file}:${line(path)}${path.length > 0 ? ': ' : ''}${formatPath(shownAs)}`,
  };
}

function reportErrors(document: Document, report: Report): void {
  const errors = [...document.errors, ...document.warnings];
  // Each level that exceeded the stack reports it, so the number of these errors depends on the size of the stack.
  const exhausted = errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  for (const { code, message, pos } of exhausted ? [exhausted] : errors) {
    report(pos[0], reasonsWithoutQuotes[code] ?? message);
  }
}

function linesOf(document: Document, lineCounter: LineCounter): Yaml['line'] {
  const keysOf = memoized((map: YAMLMap) => new Map(map.items.map(({ key }) => [textOfKey(key), key])));
  /** The key of a mapping, or the item of a list. */
  const nodeAt = (path: Path): unknown => {
    const parent = document.getIn(path.slice(0, -1), true);
    return isMap(parent) ? keysOf(parent).get(String(path.at(-1))) : document.getIn(path, true);
  };
  const line = (path: Path): number => {
    const node = nodeAt(path);
    const offset = isNode(node) ? node.range?.[0] : undefined;
    return offset === undefined && path.length > 0 ? line(path.slice(0, -1)) : lineCounter.linePos(offset ?? 0).line;
  };
  return line;
}

function textOfKey(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

function memoized<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const results = new WeakMap<K, V>();
  return (key) => {
    const result = results.get(key) ?? compute(key);
    results.set(key, result);
    return result;
  };
}

/** Returns `clusters[1].name` for `['clusters', 1, 'name']`. */
export function formatPath(path: Path): string {
  const parts = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`));
  return parts.join('').replace(/^\./, '');
}

/** Reports a problem by its offset in the text. */
type Report = (offset: number, found: string) => void;

interface Content {
  readonly value: unknown;
  /** The number of values, each as often as aliases repeat it: the cost of reading it. */
  readonly size: number;
}

/**
 * Converts a document to plain values. An alias becomes a reference to the value of its anchor. Reports aliases without
 * an anchor, aliases inside of the value of their anchor, and duplicate keys. Takes linear time, while the conversion
 * of the yaml package searches the document for every alias.
 */
function contentOf(root: unknown, report: Report): Content {
  const anchored = new Map<string, Content | 'unfinished'>();

  const read = (node: unknown): Content => {
    if (isAlias(node)) {
      const target = anchored.get(node.source);
      if (typeof target === 'object') return target;
      const found = target === undefined ? 'an alias without its anchor' : 'an alias inside of what it stands for';
      report(node.range?.[0] ?? 0, `${found} (text that begins with * needs quotes)`);
      return nothing;
    }
    const anchor = isNode(node) ? node.anchor : undefined;
    if (anchor !== undefined) anchored.set(anchor, 'unfinished');
    const content = isMap(node) ? readMap(node) : isSeq(node) ? readList(node.items) : scalar(node);
    if (anchor !== undefined) anchored.set(anchor, content);
    return content;
  };
  const readList = (items: readonly unknown[]): Content => {
    const contents = items.map(read);
    return { value: contents.map(({ value }) => value), size: sizeOf(contents) };
  };
  const readMap = ({ items }: YAMLMap): Content => {
    reportDuplicateKeys(items, report);
    const pairs = items.map(({ key, value }) => [read(key), read(value)] as const);
    const entries = pairs.map(([key, { value }]) => [String(key.value), value] as const);
    return { value: Object.fromEntries(entries), size: sizeOf(pairs.flat()) };
  };
  return read(root);
}

const nothing: Content = { value: null, size: 1 };

function scalar(node: unknown): Content {
  return isScalar(node) ? { value: node.value, size: 1 } : nothing;
}

function sizeOf(parts: readonly Content[]): number {
  return parts.reduce((sum, { size }) => sum + size, 1);
}

function reportDuplicateKeys(items: readonly Pair[], report: Report): void {
  const keys = new Set<unknown>();
  for (const { key, value } of items) {
    if (isScalar(key)) {
      if (keys.has(key.value))
        report(key.range?.[0] ?? 0, `the key ${harmlessKey(key.value, value)} twice (keys are unique)`);
      keys.add(key.value);
    }
  }
}

/** Masks a key without a value or with unusual characters: it may be a secret behind a missing colon. */
export function harmlessKey(key: unknown, value: unknown): string {
  const isEmpty = value === null || (isScalar(value) && value.value === null);
  return !isEmpty && /^([\w-]+|<<)$/.test(String(key)) ? String(key) : '…';
}
