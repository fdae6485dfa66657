import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/** Of package.json, the one place where it is written. */
export { version };

/** The commit that it was built from, as `npm run build` wrote it; empty in a checkout. */
export const revision = readOptional('./revision');

export const userAgent = `zeebe-topology-exporter/${version}`;

function readOptional(path: string): string {
  try {
    return readFileSync(new URL(path, import.meta.url), 'utf8');
  } catch {
    return '';
  }
}

/** That of `engines` in package.json. */
const oldest = { major: 22, minor: 20 };

/** Returns what to tell where this version of Node.js is too old to run the exporter, else undefined. */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return undefined;
  return (
    `zeebe-topology-exporter needs Node.js ${oldest.major}.${oldest.minor} or newer, and this is ${version}. ` +
    'Install a newer one (https://nodejs.org/), or put its folder first in PATH.'
  );
}
