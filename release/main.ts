/*
 * node release/main.ts v1.2.3
 * Checks that all files have the version of the tag, and prints the release notes of that version alone.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { releaseNotes, versionProblems } from './notes.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const [, version] = /^v(\d+\.\d+\.\d+)$/.exec(process.argv[2] ?? '') ?? [];

if (version === undefined) fail(['expected one argument, a tag such as v1.2.3']);
const problems = versionProblems(version, {
  packageJson: read('package.json'),
  packageLock: read('package-lock.json'),
  chart: read('helm/zeebe-topology-exporter/Chart.yaml'),
});
if (problems.length > 0) fail(problems);
process.stdout.write(releaseNotes(read('CHANGELOG.md'), version));

function fail(lines: readonly string[]): never {
  console.error(lines.join('\n'));
  process.exit(1);
}
