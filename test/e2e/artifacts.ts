import { execFile } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached, cachedFolder } from '../cached.ts';

const run = promisify(execFile);

/** A package of a registry, unpacked in a folder. */
interface Artifact {
  readonly name: string;
  readonly folder: string;
  /** Fills the folder with the package. */
  readonly fill: (into: string) => Promise<void>;
}

export const keycloak = fromMaven('org.keycloak', 'keycloak-quarkus-dist', '26.3.5');
/** Camunda's Java client (Apache-2.0) with its dependencies, as jars for the class path. */
export const javaClient = jarsFromMaven('io.camunda', 'camunda-client-java', '8.9.0');
/** For PYTHONPATH. */
export const prometheusClient = fromPyPI('prometheus_client', '0.26.0');

/** Fetches the packages that the cache does not contain yet. */
export async function fetchArtifacts(): Promise<void> {
  for (const { name, fill } of [keycloak, javaClient, prometheusClient]) await cached(name, fill);
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

function jarsFromMaven(group: string, name: string, version: string): Artifact {
  return artifact(`${name}-${version}`, async (into) => {
    const pom = join(into, 'pom.xml');
    await writeFile(
      pom,
      pomOf(`<groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version>`),
    );
    await run('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${into}`]);
  });
}

/** A Maven project with a single dependency. */
const pomOf = (dependency: string) => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>none</groupId><artifactId>none</artifactId><version>1</version>
  <dependencies><dependency>${dependency}</dependency></dependencies>
</project>
`;

function fromPyPI(name: string, version: string): Artifact {
  return artifact(`${name}-${version}`, async (into) => {
    await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', into, `${name}==${version}`]);
  });
}
