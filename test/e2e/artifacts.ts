import { execFile } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached, cachedFolder } from '../cached.ts';

const run = promisify(execFile);

/** Something from a registry. */
interface Artifact {
  readonly name: string;
  readonly folder: string;
  /** Fills the folder that it is given. */
  readonly fill: (into: string) => Promise<void>;
}

export const zeebe = {
  '8.5.8': fromMaven('io.camunda', 'camunda-zeebe', '8.5.8'),
  '8.6.0': fromMaven('io.camunda', 'camunda-zeebe', '8.6.0'),
} as const;
export const keycloak = fromMaven('org.keycloak', 'keycloak-quarkus-dist', '26.3.5');
/** For PYTHONPATH. */
export const prometheusClient = fromPyPI('prometheus_client', '0.26.0');

/** Brings what the cache does not have yet. */
export async function fetchArtifacts(): Promise<void> {
  for (const { name, fill } of [...Object.values(zeebe), keycloak, prometheusClient]) await cached(name, fill);
}

function artifact(name: string, fill: Artifact['fill']): Artifact {
  return { name, folder: cachedFolder(name), fill };
}

function fromMaven(group: string, name: string, version: string): Artifact {
  return artifact(`${name}-${version}`, async (into) => {
    const coordinates = `${group}:${name}:${version}:tar.gz`;
    await run('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${coordinates}`, `-DoutputDirectory=${into}`]);
    for (const archive of await readdir(into)) {
      await run('tar', ['-xzf', join(into, archive), '-C', into, '--strip-components=1']);
      await rm(join(into, archive));
    }
  });
}

function fromPyPI(name: string, version: string): Artifact {
  return artifact(`${name}-${version}`, async (into) => {
    await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', into, `${name}==${version}`]);
  });
}
