import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../..');
const templates = join(root, '.github/ISSUE_TEMPLATE');
const forms = readdirSync(templates).filter((name) => name !== 'config.yml');

/** The types of fields that GitHub knows. It ignores a form with any other. */
const fieldTypes = ['markdown', 'textarea', 'input', 'dropdown', 'checkboxes', 'upload'];

describe.each(forms)('the issue form %s', (name) => {
  const form: Form = parse(readFileSync(join(templates, name), 'utf8'));

  it('has a name, a description and fields that GitHub knows', () => {
    expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) });
    expect(form.body.map(({ type }) => type).filter((type) => !fieldTypes.includes(type))).toEqual([]);
  });

  it('asks each question once, under an id and a label of its own', () => {
    const questions = form.body.filter(({ type }) => type !== 'markdown');
    expect(new Set(questions.map(({ id }) => id)).size).toBe(questions.length);
    expect(new Set(questions.map(({ attributes }) => attributes.label)).size).toBe(questions.length);
  });

  it('offers each choice once', () => {
    for (const { attributes } of form.body) {
      expect([...new Set(attributes.options)]).toEqual(attributes.options ?? []);
    }
  });
});

it('the repository has what GitHub shows to those who contribute', () => {
  const files = [
    '.github/CODEOWNERS',
    '.github/pull_request_template.md',
    '.github/renovate.json',
    'CODE_OF_CONDUCT.md',
    'CONTRIBUTING.md',
    'LICENSE',
    'SECURITY.md',
  ];
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

it('the package, the chart and the forms name the same repository', () => {
  const { homepage }: { homepage: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const repository = homepage.replace('#readme', '');
  const chart: { home: string; sources: readonly string[] } = parse(
    readFileSync(join(root, 'helm/zeebe-topology-exporter/Chart.yaml'), 'utf8'),
  );
  expect([chart.home, ...chart.sources]).toEqual([repository, repository]);
  const links = [...readdirSync(templates).map((name) => join(templates, name)), join(root, 'CODE_OF_CONDUCT.md')]
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/https:\/\/github\.com\/zeebe[\w-]*\/[\w-]+/g)])
    .map(([link]) => link);
  expect(new Set(links)).toEqual(new Set([repository]));
});

interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly {
    readonly type: string;
    readonly id?: string;
    readonly attributes: { readonly label?: string; readonly options?: readonly string[] };
  }[];
}
