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
