import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const installed = '/usr/lib/jvm';

/** Zeebe 8.5 and 8.6 are compiled for Java 21. */
export const zeebeJava = { atLeast: 21, below: Number.POSITIVE_INFINITY };
/** Keycloak 26 starts on 17 and 21, not on 25. */
export const keycloakJava = { atLeast: 17, below: 25 };

/** The JAVA_HOME of the oldest Java in that range: JAVA_HOME itself, or one under /usr/lib/jvm. */
export async function findJava({ atLeast, below }: typeof zeebeJava): Promise<string> {
  const folders = await readdir(installed).catch(() => []);
  const homes = folders.map((folder) => join(installed, folder));
  if (process.env.JAVA_HOME !== undefined) homes.unshift(process.env.JAVA_HOME);
  const found = await Promise.all(homes.map(async (home) => ({ home, version: await majorVersion(home) })));
  const fitting = found.filter(({ version }) => version >= atLeast && version < below);
  const oldest = fitting.toSorted((a, b) => a.version - b.version)[0];
  if (oldest !== undefined) return oldest.home;
  const range = below === Number.POSITIVE_INFINITY ? `${atLeast} or newer` : `${atLeast} or newer, but below ${below},`;
  throw new Error(`A Java ${range} is needed in JAVA_HOME or under ${installed}; looked at: ${homes.join(', ')}`);
}

/** NaN where there is no Java. */
async function majorVersion(home: string): Promise<number> {
  try {
    const { stderr } = await run(join(home, 'bin', 'java'), ['-version']);
    return Number(/version "(\d+)/.exec(stderr)?.[1]);
  } catch {
    return Number.NaN;
  }
}
