import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Holds the logs of everything that the run starts, and for as long as it runs its data. */
    readonly runFolder: string;
  }
}

/** Gives a run its folder. Returns the teardown, which leaves the logs. */
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
