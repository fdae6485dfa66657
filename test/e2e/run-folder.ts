import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Contains the logs of all systems that the run starts, and their data until the end of the run. */
    readonly runFolder: string;
  }
}

/** Creates the folder of a run. Returns the teardown, which removes the data and keeps the logs. */
export async function provideRunFolder(project: TestProject): Promise<() => Promise<void>> {
  const runFolder = await mkdtemp(join(tmpdir(), 'zeebe-topology-exporter-e2e-'));
  project.provide('runFolder', runFolder);
  return async () => {
    await removeData(runFolder);
    console.log(`The logs of what the tests started are in ${runFolder}`);
  };
}

async function removeData(runFolder: string): Promise<void> {
  for (const entry of await readdir(runFolder, { withFileTypes: true })) {
    if (entry.isDirectory()) await rm(join(runFolder, entry.name), { recursive: true });
  }
}
