import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'zeebe-topology-exporter');

/** Something from a registry, kept as a folder that is either whole or not there. */
interface Artifact {
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
  await mkdir(cache, { recursive: true });
  for (const artifact of [...Object.values(zeebe), keycloak, prometheusClient]) {
    if (!existsSync(artifact.folder)) await fetchArtifact(artifact);
  }
}

async function fetchArtifact({ folder, fill }: Artifact): Promise<void> {
  const unfinished = await mkdtemp(join(cache, 'unfinished-'));
  try {
    await fill(unfinished);
    await rename(unfinished, folder);
  } catch (error) {
    // Another run that was faster has laid it there, and a folder is not renamed onto a full one.
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function fromMaven(group: string, name: string, version: string): Artifact {
  return {
    folder: join(cache, `${name}-${version}`),
    async fill(into) {
      const coordinates = `${group}:${name}:${version}:tar.gz`;
      await run('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${coordinates}`, `-DoutputDirectory=${into}`]);
      for (const archive of await readdir(into)) {
        await run('tar', ['-xzf', join(into, archive), '-C', into, '--strip-components=1']);
        await rm(join(into, archive));
      }
    },
  };
}

function fromPyPI(name: string, version: string): Artifact {
  return {
    folder: join(cache, `${name}-${version}`),
    async fill(into) {
      await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', into, `${name}==${version}`]);
    },
  };
}
