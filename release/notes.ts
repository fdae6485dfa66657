/** The texts of the files that state the version. */
export interface VersionedFiles {
  readonly packageJson: string;
  readonly packageLock: string;
  readonly chart: string;
}

/** Returns one sentence for each place whose version is not `version`. */
export function versionProblems(version: string, files: VersionedFiles): readonly string[] {
  const lock: Lock = JSON.parse(files.packageLock);
  const places: Readonly<Record<string, string | undefined>> = {
    'package.json': (JSON.parse(files.packageJson) as Versioned).version,
    'package-lock.json': lock.version,
    'package-lock.json, packages[""]': lock.packages['']?.version,
    'Chart.yaml, version': chartField(files.chart, 'version'),
    'Chart.yaml, appVersion': chartField(files.chart, 'appVersion'),
  };
  return Object.entries(places)
    .filter(([, found]) => found !== version)
    .map(([place, found]) => `${place}: expected ${version}, found ${found ?? 'none'}`);
}

/** Returns the entries of one version, without its heading. Throws if the changelog has none. */
export function releaseNotes(changelog: string, version: string): string {
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find((each) => each.startsWith(`[${version}] - `));
  if (section === undefined) throw new Error(`CHANGELOG.md has no heading "## [${version}] - <date>"`);
  const entries = section.slice(section.indexOf('\n')).replace(/^\[[^\]]+\]: .*$/gm, '');
  if (entries.trim() === '') throw new Error(`CHANGELOG.md has no entries for ${version}`);
  return `${entries.trim()}\n`;
}

interface Versioned {
  readonly version?: string;
}

interface Lock extends Versioned {
  readonly packages: Readonly<Record<string, Versioned>>;
}

/** Chart.yaml is read without a YAML parser, because the release reads it before it installs packages. */
function chartField(chart: string, name: string): string | undefined {
  return new RegExp(`^${name}: "?([^"\\s]+)"?$`, 'm').exec(chart)?.[1];
}
