import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { releaseNotes, versionProblems } from '../../../release/notes.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (path: string) => readFile(join(root, path), 'utf8');

const changelog = `# Changelog

## [Unreleased]

- Not released.

## [1.10.0] - 2026-11-02

### Added

- A \`## heading\` in the middle of a line.

## [1.1.0] - 2026-10-01

- Older.

[1.10.0]: https://example.com/compare/v1.1.0...v1.10.0
[1.1.0]: https://example.com/releases/v1.1.0
`;

describe('release notes', () => {
  it('contain the entries of their version alone', () => {
    const notes = '### Added\n\n- A `## heading` in the middle of a line.\n';
    expect(releaseNotes(changelog, '1.10.0')).toBe(notes);
  });

  it('of the oldest version do not contain the link definitions', () => {
    expect(releaseNotes(changelog, '1.1.0')).toBe('- Older.\n');
  });

  it.each(['1.1', '1.10', '2.0.0', 'Unreleased'])('cannot be written for %s, which has no dated heading', (version) => {
    expect(() => releaseNotes(changelog, version)).toThrow(`no heading "## [${version}] - <date>"`);
  });

  it('cannot be empty', () => {
    expect(() => releaseNotes('## [1.0.0] - 2026-01-01\n\n## [0.9.0] - 2025-12-01\n- x', '1.0.0')).toThrow(
      'no entries',
    );
  });
});

describe('the version', () => {
  const files = {
    packageJson: '{ "version": "1.2.3" }',
    packageLock: '{ "version": "1.2.3", "packages": { "": { "version": "1.2.3" } } }',
    chart: 'apiVersion: v2\nversion: 1.2.3\nappVersion: "1.2.3"\nkubeVersion: ">=1.25.0-0"\n',
  };

  it('is accepted if every file has it', () => {
    expect(versionProblems('1.2.3', files)).toEqual([]);
  });

  it.each([
    ['package.json', { packageJson: '{ "version": "1.2.2" }' }, 'package.json: expected 1.2.3, found 1.2.2'],
    [
      'the lockfile',
      { packageLock: '{ "version": "1.2.3", "packages": { "": {} } }' },
      'package-lock.json, packages[""]: expected 1.2.3, found none',
    ],
    [
      'the appVersion of the chart',
      { chart: files.chart.replace('appVersion: "1.2.3"', 'appVersion: "1.2.30"') },
      'Chart.yaml, appVersion: expected 1.2.3, found 1.2.30',
    ],
    [
      'the version of the chart',
      { chart: files.chart.replace('\nversion: 1.2.3', '') },
      'Chart.yaml, version: expected 1.2.3, found none',
    ],
  ])('is rejected if it differs in %s', (_, changed, problem) => {
    expect(versionProblems('1.2.3', { ...files, ...changed })).toEqual([problem]);
  });

  it('is the same in package.json, package-lock.json and the chart', async () => {
    const packageJson = await read('package.json');
    const { version }: { version: string } = JSON.parse(packageJson);
    const problems = versionProblems(version, {
      packageJson,
      packageLock: await read('package-lock.json'),
      chart: await read('helm/zeebe-topology-exporter/Chart.yaml'),
    });
    expect(problems).toEqual([]);
  });
});
