import { isAlias, isMap, isNode, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';

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
export function contentOf(root: unknown, report: Report): Content {
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
