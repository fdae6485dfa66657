import { dirname, resolve } from 'node:path';
import { createYielder } from '../clock.ts';
import { type SaasDiscovery, type SaasFilter, saasFilters } from '../config/config.ts';
import { readMapping, readMappingFile } from '../config/config-file.ts';
import { discoveredClusterTable } from '../config/discovery-settings.ts';
import {
  createFileReader,
  digestsOf,
  type FileContents,
  type ReadFileAsync,
  readFiles,
  readFrom,
} from '../config/file-reader.ts';
import type { ClusterMeta } from '../config/labels.ts';
import type { Problem } from '../config/problem.ts';
import { namedSource, type Source } from '../config/resolve.ts';
import type { Raw } from '../config/setting.ts';
import { filled } from '../config/templates.ts';
import { type AdministrationApiOptions, connectToAdministrationApi } from './administration-api.ts';
import { isStillKnown, type KnownList, readClusters, readTimeout } from './cluster-reader.ts';
import type { ComponentStatus } from './component-status.ts';
import { isMatch } from './pattern.ts';
import { type ClusterList, discoverAtInterval, type Provider, type Refresh } from './provider.ts';
import { isReadable, type SaasCluster, type SaasEntry } from './saas-cluster.ts';
import { filledLabels, withMergedLabels } from './saas-labels.ts';

/**
 * Discovers the clusters of an organization in Camunda SaaS. It shares the token of the organization from its creation
 * on, until `discover`, which is to be called once, has ended.
 */
export function createSaasProvider(config: SaasDiscovery, options: AdministrationApiOptions): Provider {
  const readLists = createListReader(config);
  const api = connectToAdministrationApi(config, options);
  return {
    name: 'saas',
    discover: async function* (signal) {
      const refresh: Refresh = async (each) => {
        const answer = await api.clusters(each);
        if (!answer.ok) {
          return { discovered: { ok: false, problems: [answer.problem] }, retryAfter: answer.retryAfter };
        }
        const { entries } = answer;
        const ids = new Set(entries.map(idOf));
        const chosen = entries.filter(isReadable).filter((cluster) => isChosen(cluster, config));
        const read = await readLists(chosen.filter(isMonitored), each);
        // A set, in case that the answer has a cluster twice.
        const lists = [...new Set(entries.flatMap((entry) => listOf(entry, read, ids) ?? []))];
        return { discovered: { ok: true, lists, statuses: statusesOf(chosen, config) } };
      };
      try {
        yield* discoverAtInterval(config.interval, refresh, signal);
      } finally {
        await api.close();
      }
    },
  };
}

/** Returns the list of a cluster in the answer; undefined if it is not to be polled. */
function listOf(
  entry: SaasEntry,
  read: ReadonlyMap<string, ClusterList>,
  ids: ReadonlySet<string | undefined>,
): ClusterList | undefined {
  if (isReadable(entry)) return read.get(entry.facts.id);
  const { id, problem } = entry;
  if (id !== undefined) return { source: id, clusters: [], problems: [`cluster ${id}: ${problem}`] };
  // It may be any cluster that the answer lacks, so all of these stay.
  return { source: '', clusters: [], problems: [problem], hides: (source) => !ids.has(source) };
}

function idOf(entry: SaasEntry): string | undefined {
  return isReadable(entry) ? entry.facts.id : entry.id;
}

function isChosen({ facts, regionName }: SaasCluster, { filter }: SaasDiscovery): boolean {
  const values: Readonly<Record<SaasFilter, readonly string[]>> = {
    names: [facts.name],
    regions: [facts.region, regionName],
    plans: [facts.plan],
    channels: [facts.channel],
  };
  return saasFilters.every(
    (key) => filter[key]?.some((pattern) => values[key].some((value) => isMatch(value, pattern))) ?? true,
  );
}

/** A cluster that is being created does not answer yet. */
function isMonitored({ statuses }: SaasCluster): boolean {
  return statuses.get('zeebe') !== 'creating';
}

/**
 * Each cluster is a list of its own: a problem with one does not concern the others. Those with the same facts and the
 * same file as before are not read again.
 */
function createListReader(config: SaasDiscovery) {
  const readFile = createFileReader();
  let known: ReadonlyMap<string, KnownList> = new Map();
  return async (clusters: readonly SaasCluster[], signal: AbortSignal): Promise<ReadonlyMap<string, ClusterList>> => {
    const yieldWhenBusy = createYielder();
    const lists = new Map<string, KnownList>();
    for (const cluster of clusters) {
      if (signal.aborted) break;
      const { id } = cluster.facts;
      const file = await readOwnFile(cluster, config, readFile);
      const digest = JSON.stringify([cluster.facts, digestsOf(file.contents)]);
      const before = known.get(id);
      const isKnown = isStillKnown(before, digest);
      lists.set(id, isKnown ? before : { digest, list: await readList(cluster, file, { config, readFile }) });
      await yieldWhenBusy();
    }
    known = lists;
    return new Map([...lists].map(([id, { list }]) => [id, list]));
  };
}

/** The file with the settings of one cluster alone; without a path where there are no such files. */
interface OwnFile {
  readonly path?: string;
  readonly contents: FileContents;
}

async function readOwnFile(
  { facts }: SaasCluster,
  { clusterFile, folder }: SaasDiscovery,
  readFile: ReadFileAsync,
): Promise<OwnFile> {
  if (clusterFile === undefined) return { contents: new Map() };
  const path = resolve(folder, filled(clusterFile, facts, withoutSlashes));
  return { path, contents: await readFiles([path], readFile, readTimeout) };
}

interface ReadListOptions {
  readonly config: SaasDiscovery;
  readonly readFile: ReadFileAsync;
}

async function readList(
  cluster: SaasCluster,
  file: OwnFile,
  { config, readFile }: ReadListOptions,
): Promise<ClusterList> {
  const { id, region } = cluster.facts;
  if (region === '' && config.clusterAddress.includes('{region}')) {
    const problem = `cluster ${id}: expected links.zeebe of the form ${id}.<region>.zeebe.camunda.io, found another one`;
    return { source: id, clusters: [], problems: [problem] };
  }
  const problems: Problem[] = [];
  const named = discoveredSource(cluster, config);
  const own = ownSource(file, problems);
  const sources = [...config.defaults, named, ...(config.cluster ? [config.cluster] : []), ...(own ? [own] : [])];
  const described = { sources: withMergedLabels(sources), named, folder: config.folder, meta: metaOf(cluster) };
  return { source: id, ...(await readClusters([described], problems, readFile)) };
}

function metaOf({ facts: { region, plan, generation } }: SaasCluster): ClusterMeta {
  const known = Object.entries({ region, plan, generation }).filter(([, fact]) => fact !== '');
  return { provider: 'saas', ...Object.fromEntries(known) };
}

/** Relative paths in the file start in its folder, those in `cluster` in that of the configuration file. */
function ownSource({ path, contents }: OwnFile, problems: Problem[]): Source | undefined {
  if (path === undefined) return undefined;
  const mapping = readMappingFile(path, readFrom(contents), problems);
  if (!mapping) return undefined;
  const { yaml, content } = mapping;
  const source = readMapping(content, { yaml, root: [], table: discoveredClusterTable, alsoKnown: [], problems });
  const absolute = (key: string, raw: Raw) => (isPath(key, raw) ? resolve(dirname(path), raw) : raw);
  return { ...source, given: new Map([...source.given].map(([key, raw]) => [key, absolute(key, raw)])) };
}

function isPath(key: string, raw: Raw): raw is string {
  return key.endsWith('_file') && typeof raw === 'string' && raw !== '';
}

function discoveredSource({ facts }: SaasCluster, { clusterName, clusterAddress, labels }: SaasDiscovery): Source {
  const given: Readonly<Record<string, Raw>> = {
    name: filled(clusterName, facts),
    address: filled(clusterAddress, facts, encodeURIComponent),
    labels: filledLabels(labels, facts),
  };
  const names = Object.keys(given).map((key) => [key, `cluster ${facts.id}: ${key}`] as const);
  return namedSource(new Map(Object.entries(given)), new Map(names));
}

/** A name must not lead to another folder. */
function withoutSlashes(fact: string): string {
  return fact.replaceAll(/[/\\]|^\.+$/g, '_');
}

/** Equal names have one series, that of the first cluster. */
function statusesOf(clusters: readonly SaasCluster[], { clusterName }: SaasDiscovery): readonly ComponentStatus[] {
  const byName = new Map(clusters.toReversed().map((cluster) => [filled(clusterName, cluster.facts), cluster]));
  return [...byName].flatMap(([cluster, { statuses }]) =>
    [...statuses].map(([component, status]) => ({ cluster, component, status })),
  );
}
