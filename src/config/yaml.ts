import {
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

/** Leads from the root to a value: `['clusters', 1, 'name']`. */
export type Path = readonly (string | number)[];

export interface Yaml {
  /** Null where the file is empty. */
  readonly content: unknown;
  /** `exporter.yml:12: clusters[1].name`; where it is not there, with the line of what is around it. */
  place(path: Path, shownAs?: Path): string;
}

/** What these messages of the yaml package quote from the file may be part of a secret. */
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

/** Some ten times what a file with as many clusters as are allowed takes. */
const maxSize = 500_000;

/** Undefined where the text is not one document of YAML 1.2 (core schema), which is reported. */
export function parseYaml(file: string, text: string, problems: Problem[]): Yaml | undefined {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    // Pretty errors and warnings on the standard error would quote the file.
    prettyErrors: false,
    logLevel: 'error',
    stringKeys: true,
    // Compares each key with all others of its mapping; contentOf looks for those that stand twice.
    uniqueKeys: false,
  });

  let isValid = true;
  const report = (offset: number, found: string) => {
    const { line, col } = lineCounter.linePos(offset);
    problems.push({ place: `${file}:${line}:${col}`, expected: 'valid YAML', found });
    isValid = false;
  };
  const errors = [...document.errors, ...document.warnings];
  // Each level that ran out of stack reports it, as many as the stack happens to hold.
  const exhausted = errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  for (const { code, message, pos } of exhausted ? [exhausted] : errors) {
    report(pos[0], reasonsWithoutQuotes[code] ?? message);
  }
  if (!isValid) {
    return undefined;
  }
  const { value: content, size } = contentOf(document.contents, report);
  if (size > maxSize) {
    report(0, `more than ${maxSize} values, each as often as aliases (*) repeat it`);
  }
  if (!isValid) {
    return undefined;
  }

  const keysOf = remembered((map: YAMLMap) => new Map(map.items.map(({ key }) => [textOfKey(key), key])));
  /** The key of a mapping, or the item of a list. */
  const nodeAt = (path: Path): unknown => {
    const parent = document.getIn(path.slice(0, -1), true);
    return isMap(parent) ? keysOf(parent).get(String(path.at(-1))) : document.getIn(path, true);
  };
  const lineOf = (path: Path): number => {
    const node = nodeAt(path);
    const offset = isNode(node) ? node.range?.[0] : undefined;
    return offset === undefined && path.length > 0 ? lineOf(path.slice(0, -1)) : lineCounter.linePos(offset ?? 0).line;
  };
  return {
    content,
    place: (path, shownAs = path) => `${file}:${lineOf(path)}${path.length > 0 ? ': ' : ''}${formatPath(shownAs)}`,
  };
}

function textOfKey(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

/** The function with a memory of what it answered for each object. */
function remembered<K extends object, V>(answer: (key: K) => V): (key: K) => V {
  const answers = new WeakMap<K, V>();
  return (key) => {
    const known = answers.get(key) ?? answer(key);
    answers.set(key, known);
    return known;
  };
}

function formatPath(path: Path): string {
  const parts = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`));
  return parts.join('').replace(/^\./, '');
}

/** Takes what is wrong, and where it stands in the text. */
type Report = (offset: number, found: string) => void;

interface Content {
  readonly value: unknown;
  /** How many values it holds, each as often as aliases repeat it: what reading it costs. */
  readonly size: number;
}

/**
 * What a document says. An alias becomes a reference to the one value that it stands for. Reports aliases that stand
 * for nothing, or for what they are part of, and keys that stand twice in a mapping.
 * In time that grows with the length of the text: the library's own conversion looks through it for every alias.
 */
function contentOf(root: unknown, report: Report): Content {
  const anchored = new Map<string, Content | 'unfinished'>();

  const read = (node: unknown): Content => {
    if (isAlias(node)) {
      const target = anchored.get(node.source);
      if (typeof target === 'object') {
        return target;
      }
      const found = target === undefined ? 'an alias without its anchor' : 'an alias inside of what it stands for';
      report(node.range?.[0] ?? 0, `${found} (text that begins with * needs quotes)`);
      return nothing;
    }
    const anchor = isNode(node) ? node.anchor : undefined;
    if (anchor !== undefined) {
      anchored.set(anchor, 'unfinished');
    }
    const content = isMap(node) ? readMap(node) : isSeq(node) ? readList(node.items) : scalar(node);
    if (anchor !== undefined) {
      anchored.set(anchor, content);
    }
    return content;
  };
  const readList = (items: readonly unknown[]): Content => {
    const contents = items.map(read);
    return { value: contents.map(({ value }) => value), size: sizeOf(contents) };
  };
  const readMap = ({ items }: YAMLMap): Content => {
    reportKeysTwice(items, report);
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

function reportKeysTwice(items: readonly Pair[], report: Report): void {
  const keys = new Set<unknown>();
  for (const { key } of items) {
    if (isScalar(key)) {
      if (keys.has(key.value)) {
        report(key.range?.[0] ?? 0, 'Map keys must be unique');
      }
      keys.add(key.value);
    }
  }
}
