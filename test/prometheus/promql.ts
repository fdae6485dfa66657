import { parser } from '@prometheus-io/lezer-promql';

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
  /** Whether it has a range, as in `up[5m]`. */
  readonly ranged: boolean;
}

export interface Matcher {
  readonly label: string;
  /** The alternatives (`a|b`) of a regular expression. */
  readonly values: readonly string[];
}

export interface Query {
  readonly selectors: readonly Selector[];
  /** Labels of `by`, `without`, `on`, `ignoring`, `group_left` and `group_right`. */
  readonly groupedBy: readonly string[];
  readonly aggregatesBy: boolean;
}

type Node = ReturnType<typeof parser.parse>['topNode'];

/** Throws a SyntaxError for text that Prometheus's own grammar for editors does not accept. */
export function parseQuery(text: string): Query {
  const selectors: Selector[] = [];
  const groupedBy: string[] = [];
  let aggregatesBy = false;
  const textOf = ({ from, to }: Node) => text.slice(from, to);
  parser.parse(text).iterate({
    enter: ({ node }) => {
      if (node.type.isError) throw new SyntaxError(`not PromQL at ${node.from}: ${text}`);
      if (node.name === 'VectorSelector') selectors.push(selectorOf(node, textOf));
      if (node.name === 'By') aggregatesBy = true;
      if (node.name === 'GroupingLabels') groupedBy.push(...node.getChildren('LabelName').map(textOf));
    },
  });
  return { selectors, groupedBy, aggregatesBy };
}

function selectorOf(node: Node, textOf: (node: Node) => string): Selector {
  const name = node.getChild('Identifier');
  const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
  return {
    metric: name ? textOf(name) : '',
    ranged: node.parent?.name === 'MatrixSelector',
    matchers: matchers.map((matcher) => {
      const [label = '', value = ''] = ['LabelName', 'StringLiteral'].map((part) => {
        const found = matcher.getChild(part);
        return found ? textOf(found) : '';
      });
      return { label, values: value.slice(1, -1).split('|') };
    }),
  };
}
