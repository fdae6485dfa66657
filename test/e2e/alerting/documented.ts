import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const root = new URL('../../../', import.meta.url);

function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

/** The YAML blocks of docs/prometheus.md, by the text of their first line after `# `. */
const blocks: ReadonlyMap<string, string> = new Map(
  [...read('docs/prometheus.md').matchAll(/^```yaml\n# ([^\n]+)\n(.*?)^```$/gms)].map(([, name = '', text = '']) => [
    name,
    text,
  ]),
);

export function blockNames(file: string): readonly string[] {
  return [...blocks.keys()].filter((name) => name.startsWith(file));
}

/** Returns a block with texts replaced. */
export function documented(name: string, replaced: Readonly<Record<string, string>> = {}): Record<string, unknown> {
  let text = blocks.get(name);
  if (text === undefined) throw new Error(`docs/prometheus.md has no block that begins with # ${name}`);
  for (const [from, to] of Object.entries(replaced)) {
    if (!text.includes(from)) throw new Error(`${name} of docs/prometheus.md does not have ${from}`);
    text = text.replaceAll(from, to);
  }
  return parse(text);
}

/** Returns the inhibition rules of prometheus/alertmanager-inhibitions.yaml. */
export function inhibitRules(): unknown {
  return parse(read('prometheus/alertmanager-inhibitions.yaml')).inhibit_rules;
}
