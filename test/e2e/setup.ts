import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { fetchArtifacts } from './artifacts.ts';
import { findJava } from './java.ts';
import { provideRunFolder } from './run-folder.ts';

/** Each command with the Debian packages that contain it. */
const commands = {
  mvn: 'maven',
  tar: 'tar',
  curl: 'curl',
  python3: 'python3 python3-pip',
  nginx: 'nginx-light',
  htpasswd: 'apache2-utils',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  'prometheus-alertmanager': 'prometheus-alertmanager',
  amtool: 'prometheus-alertmanager',
  chromium: 'chromium',
  tinyproxy: 'tinyproxy',
  openssl: 'openssl',
};

/** Fails the run if a real system is missing, and names all that are missing. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const missing = Object.entries(commands)
    .filter(([command]) => !isInstalled(command))
    .map(([command, packages]) => `${command}: apt-get install ${packages}`);
  await findJava().catch((error: Error) => missing.push(error.message));
  if (missing.length > 0) throw new Error(`The end-to-end tests need what is not here:\n${missing.join('\n')}`);

  await fetchArtifacts();
  return provideRunFolder(project);
}

function isInstalled(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
