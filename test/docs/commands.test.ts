import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { parseQuery } from '../prometheus/promql.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');
const files = readdirSync(docs, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'));
const pages = files.map((file) => ({ file, text: readFileSync(join(docs, file), 'utf8') }));

/** Returns the contents of the blocks of a language, without their indentation. */
function blocksOf(text: string, language: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^( *)\`\`\`${language}\\n(.*?)^\\1\`\`\`$`, 'gms'))].map(
    ([, indentation = '', block = '']) => block.replace(new RegExp(`^${indentation}`, 'gm'), ''),
  );
}

/** Returns the expressions of all rules in a block of YAML. */
function expressionsOf(block: string): readonly string[] {
  const { groups = [] }: { groups?: readonly { rules: readonly { expr: string }[] }[] } = parse(block) ?? {};
  return groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
}

const withQueries = pages.filter(({ text }) => blocksOf(text, 'promql').length > 0);

describe('queries in docs', () => {
  it.each(withQueries)('of $file are PromQL', ({ text }) => {
    const queries = blocksOf(text, 'promql').flatMap((block) => block.trim().split('\n'));
    expect(() => queries.map(parseQuery)).not.toThrow();
  });

  it('of the rules in slo.md are PromQL', () => {
    const rules = pages.filter(({ file }) => file === 'slo.md').flatMap(({ text }) => blocksOf(text, 'yaml'));
    const expressions = rules.flatMap(expressionsOf);
    expect(expressions).toHaveLength(4);
    expect(() => expressions.map(parseQuery)).not.toThrow();
  });
});

describe('blocks of YAML and JSON in docs', () => {
  it.each(pages.filter(({ text }) => /```(?:yaml|json)\n/.test(text)))('of $file can be parsed', ({ text }) => {
    const problems = blocksOf(text, 'yaml').flatMap((block) =>
      parseAllDocuments(block).flatMap(({ errors }) => errors.map(({ message }) => message)),
    );
    expect(problems).toEqual([]);
    expect(() => blocksOf(text, 'json').map((block) => JSON.parse(block))).not.toThrow();
  });
});

describe('commands in docs', () => {
  it.each(pages)('of $file that run in the image of the exporter use Node.js: it has no shell and no tools', ({
    text,
  }) => {
    const executed = [...text.matchAll(/kubectl -n <namespace> exec .*? -- (\S+)/g)].map(([, program]) => program);
    expect(executed.filter((program) => program !== '/nodejs/bin/node')).toEqual([]);
  });

  it.each(
    pages.filter(({ file }) => file.startsWith('runbooks/')),
  )('of $file forward a port in the background, so that the next command runs', ({ text }) => {
    const forwards = blocksOf(text, 'sh').flatMap((block) =>
      block.split('\n').filter((line) => / port-forward /.test(line)),
    );
    expect(forwards.filter((line) => !line.endsWith(' & sleep 2'))).toEqual([]);
  });

  it.each(pages.filter(({ file }) => file.startsWith('runbooks/')))('of $file need no installed exporter', ({
    text,
  }) => {
    expect(blocksOf(text, 'sh').filter((block) => /^zeebe-topology-exporter /m.test(block))).toEqual([]);
  });
});
