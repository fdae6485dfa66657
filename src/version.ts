import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/** Of package.json, the one place where it is written. */
export { version };

/** The commit that an image or package was built from; empty in a checkout. */
export const revision = process.env.ZEEBE_TOPOLOGY_EXPORTER_REVISION ?? '';

export const userAgent = `zeebe-topology-exporter/${version}`;
