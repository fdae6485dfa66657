import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const ignored = ['node_modules', 'dist', 'coverage', 'fixtures'];
const pages = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (path) =>
    path.endsWith('.md') && !path.split('/').some((folder) => ignored.includes(folder) || /^\.(?!github)/.test(folder)),
);

const repository =
  /^https:\/\/(?:github\.com|raw\.githubusercontent\.com)\/zeebe-topology-exporter\/zeebe-topology-exporter\/(?:(?:blob|tree)\/)?main\//;

/** Returns the page without blocks of code and without code in lines. */
function proseOf(page: string): string {
  const text = readFileSync(join(root, page), 'utf8').replace(/^( *)```.*?^\1```$/gms, '');
  return text.replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ' '));
}

/** Returns the targets of the links in a page, both `[text](target)` and `[name]: target`. */
function targetsIn(page: string): readonly string[] {
  const links = proseOf(page).matchAll(/\]\(([^()\s]+)\)|^\[[^\]]+\]: (\S+)$/gm);
  return [...links].map(([, inline, defined]) => inline ?? defined ?? '');
}

/**
 * Whether exactly one heading of a text has this anchor on GitHub. A link to one of several headings with the same text
 * leads to the first of them, which may not be the one that is meant.
 */
function hasHeading(prose: string, anchor: string): boolean {
  const headings = [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  const anchors = headings.map((heading) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/ /g, '-'),
  );
  return anchors.filter((each) => each === anchor).length === 1;
}

/** Returns the file or page in the repository that a link leads to, or nothing if it leads elsewhere. */
function localTarget(page: string, target: string): { readonly path: string; readonly anchor?: string } | undefined {
  const isAbsolute = repository.test(target);
  if (!isAbsolute && /^[a-z]+:/.test(target)) return undefined;
  const [file = '', anchor] = target.replace(repository, '').split('#');
  const folder = isAbsolute ? '.' : dirname(page);
  const path = file === '' ? page : normalize(join(folder, file));
  return anchor === undefined ? { path } : { path, anchor };
}

function leadsNowhere(page: string, target: string): boolean {
  const local = localTarget(page, target);
  if (!local) return false;
  const { path, anchor } = local;
  if (relative('.', path).startsWith('..') || !existsSync(join(root, path))) return true;
  return anchor !== undefined && !(statSync(join(root, path)).isFile() && hasHeading(proseOf(path), anchor));
}

describe('a link', () => {
  it('is recognized as broken if its file or its anchor does not exist', () => {
    expect(leadsNowhere('docs/api.md', 'web-config.md#limits')).toBe(false);
    expect(leadsNowhere('docs/api.md', 'web-config.md#limit')).toBe(true);
    expect(leadsNowhere('docs/api.md', 'web-conf.md')).toBe(true);
    expect(leadsNowhere('README.md', '#saas')).toBe(false);
    expect(leadsNowhere('README.md', '#sass')).toBe(true);
    expect(leadsNowhere('docs/api.md', 'https://prometheus.io/docs')).toBe(false);
  });

  it('is recognized as broken if several headings have its anchor', () => {
    const prose = '# Page\n\n## Two words\n\n## [One](a.md)\n\n### Two words\n';
    expect(hasHeading(prose, 'one')).toBe(true);
    expect(hasHeading(prose, 'two-words')).toBe(false);
  });

  it.each(pages)('of %s leads to a file and one heading that exist', (page) => {
    expect(targetsIn(page).filter((target) => leadsNowhere(page, target))).toEqual([]);
  });

  it('of README.md is absolute or an anchor, so that it also works on the page of the package', () => {
    expect(targetsIn('README.md').filter((target) => !/^(?:https:\/\/|#)/.test(target))).toEqual([]);
  });
});

it('README.md links to every page in docs/', () => {
  const linked = targetsIn('README.md').map((target) => localTarget('README.md', target)?.path);
  const inDocs = pages.filter((page) => /^docs\/[^/]+\.md$/.test(page));
  expect(inDocs.filter((page) => !linked.includes(page))).toEqual([]);
});

it('README.md defines every name that its links use', () => {
  const prose = proseOf('README.md');
  const defined = [...prose.matchAll(/^\[([^\]]+)\]: /gm)].map(([, name]) => name);
  const used = [...prose.matchAll(/\[([^\]]+)\](?:\[([^\]]+)\])?(?![(:\]])/g)].map(([, text, name]) => name ?? text);
  expect(used.filter((name) => !defined.includes(name))).toEqual([]);
  expect(defined.filter((name) => !used.includes(name))).toEqual([]);
});
