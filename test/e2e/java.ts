import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const installed = '/usr/lib/jvm';

/** Keycloak 26 starts on 17 and 21, not on 25; Camunda's Java client runs on each of them. */
const atLeast = 17;
const below = 25;

/** Returns the home of the oldest suitable Java: JAVA_HOME itself, or a folder in /usr/lib/jvm. */
export async function findJava(): Promise<string> {
  const folders = await readdir(installed).catch(() => []);
  const homes = folders.map((folder) => join(installed, folder));
  if (process.env.JAVA_HOME !== undefined) homes.unshift(process.env.JAVA_HOME);
  const found = await Promise.all(homes.map(async (home) => ({ home, version: await majorVersion(home) })));
  const fitting = found.filter(({ version }) => version >= atLeast && version < below);
  const oldest = fitting.toSorted((a, b) => a.version - b.version)[0];
  if (oldest !== undefined) return oldest.home;
  const looked = homes.join(', ');
  throw new Error(
    `A JDK ${atLeast} or newer, but below ${below}, is needed in JAVA_HOME or under ${installed}; looked at: ${looked}`,
  );
}

/** Returns NaN if there is no Java. */
async function majorVersion(home: string): Promise<number> {
  try {
    const { stderr } = await run(join(home, 'bin', 'java'), ['-version']);
    return Number(/version "(\d+)/.exec(stderr)?.[1]);
  } catch {
    return Number.NaN;
  }
}
