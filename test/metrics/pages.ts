import { gunzipSync } from 'node:zlib';
import type { ClusterConfig } from '../../src/config/config.ts';
import { createClusterRenderer, type FamilyLines } from '../../src/metrics/cluster-renderer.ts';
import { createCounters } from '../../src/metrics/counters.ts';
import { addSample, clusterLabel, type Format, type Labels } from '../../src/metrics/family.ts';
import { type Body, createPage } from '../../src/metrics/page.ts';
import type { ProcessMetrics } from '../../src/metrics/process-metrics.ts';
import type { PollResult } from '../../src/poll/poll.ts';
import { manualClock } from '../manual-clock.ts';
import { clusterConfig, stateAfter } from '../polls.ts';
import { type Family, parseStrictly, type Sample } from './strict-parser.ts';

/** A cluster and the results of its polls. */
export interface PolledCluster {
  readonly results: readonly PollResult[];
  readonly config?: Partial<ClusterConfig>;
}

/** No metrics of the process, so that a page has those of the clusters only. */
export const noProcessMetrics: ProcessMetrics = {
  reloaded: () => {},
  webConfigRead: () => {},
  leads: () => {},
  discovered: () => {},
  notDiscovered: () => {},
  render: async () => () => '',
};

export async function partOf({ results, config = {} }: PolledCluster) {
  const { name, authentication } = clusterConfig(config);
  const label = clusterLabel(name);
  const counters = createCounters(authentication.method, label);
  for (const result of results) counters.record(result);
  const state = stateAfter(results, config);
  return createClusterRenderer(label)(state, counters.lines());
}

/** The page of some clusters, under the names in their settings. */
export async function pageOf(format: Format, ...clusters: readonly PolledCluster[]): Promise<string> {
  const nameOf = ({ config }: PolledCluster) => clusterConfig(config).name;
  const page = createPage(clusters.map(nameOf), noProcessMetrics, manualClock());
  for (const cluster of clusters) page.update(nameOf(cluster), await partOf(cluster));
  return textOf(await page.body(format, 'identity'));
}

export function sample(name: string, labels: Labels | '', value: number): string {
  const pieces: string[] = [];
  addSample(pieces, name, labels, value);
  return pieces.join('');
}

export function textOfLines(lines: FamilyLines): string {
  return typeof lines === 'string' ? lines : textOf(lines.map(({ bytes }) => bytes));
}

/** Throws at bytes that are not UTF-8. */
export function textOf(body: Body): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(body));
}

export function unzipped(body: Body): Body {
  return [gunzipSync(Buffer.concat(body))];
}

/** The families of a page, by name. */
export function readPage(text: string, format: Format = 'text'): ReadonlyMap<string, Family> {
  return new Map(parseStrictly(text, format).map((family) => [family.name, family]));
}

/** The samples of a family, named without its prefix; none if it is not on the page. */
export function samplesOf(families: ReadonlyMap<string, Family>, name: string): readonly Sample[] {
  return families.get(`zeebe_topology_${name}`)?.samples ?? [];
}

/** The same as values by labels, written `a=1 b=2`, without the label of the cluster. */
export function valuesOf(families: ReadonlyMap<string, Family>, name: string): Readonly<Record<string, number>> {
  return Object.fromEntries(
    samplesOf(families, name).map(({ labels: { zeebe_cluster: _, ...labels }, value }) => [
      Object.entries(labels)
        .map(([label, text]) => `${label}=${text}`)
        .join(' '),
      value,
    ]),
  );
}
