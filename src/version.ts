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
