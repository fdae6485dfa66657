import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/** The version in package.json. */
export { version };

/** The commit of the build, written by `npm run build`; empty in a checkout. */
export const revision = readOptional('./revision');

export const userAgent = `zeebe-topology-exporter/${version}`;

function readOptional(path: string): string {
  try {
    return readFileSync(new URL(path, import.meta.url), 'utf8');
  } catch {
    return '';
  }
}

/** The version of `engines` in package.json. */
const minVersion = { major: 22, minor: 20 };

/** Returns an error message if this version of Node.js is too old to run the exporter. */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > minVersion.major || (major === minVersion.major && minor >= minVersion.minor)) return undefined;
  return (
    `zeebe-topology-exporter needs Node.js ${minVersion.major}.${minVersion.minor} or newer, and this is ${version}. ` +
    'Install a newer one (https://nodejs.org/), or put its folder first in PATH.'
  );
}
