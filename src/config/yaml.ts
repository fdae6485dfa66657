import { type ErrorCode, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';

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
  TAG_RESOLVE_FAILED: 'an unknown tag (text that begins with ! needs quotes)',
  UNEXPECTED_TOKEN: 'something that does not belong there',
};

/** Undefined where the text is not one document of YAML 1.2 (core schema), which is reported. */
export function parseYaml(file: string, text: string, problems: Problem[]): Yaml | undefined {
  const lineCounter = new LineCounter();
  // Pretty errors and warnings on the standard error would quote the file.
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error', stringKeys: true });

  let isValid = true;
  const report = (offset: number, found: string) => {
    const { line, col } = lineCounter.linePos(offset);
    problems.push({ place: `${file}:${line}:${col}`, expected: 'valid YAML', found });
    isValid = false;
  };
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    report(pos[0], reasonsWithoutQuotes[code] ?? message);
  }
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) === undefined) {
        report(alias.range?.[0] ?? 0, 'an alias without its anchor (text that begins with * needs quotes)');
      }
    },
  });
  if (!isValid) {
    return undefined;
  }

  /** The key of a mapping, or the item of a list. */
  const nodeAt = (path: Path): unknown => {
    const parent = document.getIn(path.slice(0, -1), true);
    const isIt = (key: unknown) => isScalar(key) && String(key.value) === path.at(-1);
    return isMap(parent) ? parent.items.find(({ key }) => isIt(key))?.key : document.getIn(path, true);
  };
  const lineOf = (path: Path): number => {
    const node = nodeAt(path);
    const offset = isNode(node) ? node.range?.[0] : undefined;
    return offset === undefined && path.length > 0 ? lineOf(path.slice(0, -1)) : lineCounter.linePos(offset ?? 0).line;
  };
  return {
    // An alias becomes a reference to one object, so that many of them cost nothing.
    content: document.toJS({ maxAliasCount: -1 }),
    place: (path, shownAs = path) => `${file}:${lineOf(path)}${path.length > 0 ? ': ' : ''}${formatPath(shownAs)}`,
  };
}

function formatPath(path: Path): string {
  const parts = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`));
  return parts.join('').replace(/^\./, '');
}
