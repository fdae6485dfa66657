import type { ReadFile } from './credential-files.ts';
import { describe, isMapping, readMapping, readMappingFile } from './mapping.ts';
import type { Problem } from './problem.ts';
import { namedSource, type Source } from './resolve.ts';
import { clusterTable, topTable } from './schema.ts';
import type { Yaml } from './yaml.ts';

interface ConfigFile {
  readonly top: Source;
  /** Absent where the file has no `clusters`. */
  readonly clusters?: readonly Source[];
}

const nothing = namedSource(new Map(), (key) => key);
export const noFile: ConfigFile = { top: nothing };
const unusable: ConfigFile = { top: nothing, clusters: [] };

/** Reading them takes a few seconds, in which nothing else is done. */
const maxClusters = 2_000;

/** Whatever is wrong is reported; a file that is no YAML mapping at all gives nothing. */
export function readConfigFile(file: string, readFile: ReadFile, problems: Problem[]): ConfigFile {
  const mapping = readMappingFile(file, readFile, problems);
  if (mapping === undefined) {
    return unusable;
  }
  const { yaml, content } = mapping;
  if (Object.keys(content).length === 0) {
    problems.push({
      place: file,
      expected: `clusters or other settings`,
      found: 'an empty file',
    });
    return unusable;
  }
  const { clusters, ...others } = content;
  const top = readMapping(others, { yaml, root: [], table: topTable, alsoKnown: ['clusters'], problems });
  return clusters === undefined ? { top } : { top, clusters: readClusters(clusters, yaml, problems) };
}

function readClusters(clusters: unknown, yaml: Yaml, problems: Problem[]): readonly Source[] {
  if (!Array.isArray(clusters) || clusters.length === 0) {
    const expected = 'a list of at least one cluster';
    problems.push({ place: yaml.place(['clusters']), expected, found: describe(clusters) });
    return [];
  }
  if (clusters.length > maxClusters) {
    const expected = `at most ${maxClusters} clusters`;
    problems.push({ place: yaml.place(['clusters']), expected, found: `${clusters.length}` });
    return [];
  }
  return clusters.flatMap((cluster: unknown, index) => {
    const root = ['clusters', index];
    if (!isMapping(cluster)) {
      problems.push({ place: yaml.place(root), expected: 'a mapping', found: describe(cluster) });
      return [];
    }
    return [readMapping(cluster, { yaml, root, table: clusterTable, alsoKnown: [], problems })];
  });
}
