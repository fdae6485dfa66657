import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

const { dependencies, devDependencies } = JSON.parse(read('package.json')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};
const { packages } = JSON.parse(read('package-lock.json')) as {
  readonly packages: Readonly<Record<string, { readonly integrity?: string; readonly resolved?: string }>>;
};

/** Returns the packages in the table under a heading, each with its reason. */
function listed(heading: string): ReadonlyMap<string, string> {
  const [, section = ''] = read('docs/dependencies.md').split(`## ${heading}\n`);
  const [table = ''] = section.split('\n## ');
  return new Map(
    [...table.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)].map(([, name = '', reason = '']) => [name, reason]),
  );
}

describe('docs/dependencies.md', () => {
  it.each([
    ['At run time', dependencies],
    ['To build and test', devDependencies],
  ])('has a reason for each package: %s', (heading, packagesOfThatKind) => {
    const reasons = listed(heading);
    expect([...reasons.keys()]).toEqual(Object.keys(packagesOfThatKind).toSorted());
    for (const [name, reason] of reasons) expect(reason, name).not.toBe('');
  });
});

describe('the lockfile', () => {
  it('has an integrity hash for every package, and only packages of the npm registry', () => {
    const installed = Object.entries(packages).filter(([path]) => path !== '');
    expect(installed.length).toBeGreaterThan(50);
    for (const [path, { integrity, resolved = '' }] of installed) {
      expect(integrity, path).toMatch(/^sha512-/);
      expect(resolved, path).toMatch(/^$|^https:\/\/registry\.npmjs\.org\//);
    }
  });
});
