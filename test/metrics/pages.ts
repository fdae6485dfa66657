import { gunzipSync } from 'node:zlib';
import type { ClusterConfig } from '../../src/config/config.ts';
import { createClusterRenderer, type FamilyLines } from '../../src/metrics/cluster-part.ts';
import { createInstruments, readRegistry } from '../../src/metrics/counters.ts';
import type { Format } from '../../src/metrics/family.ts';
import { type Body, createPage } from '../../src/metrics/page.ts';
import type { ProcessMetrics } from '../../src/metrics/process-metrics.ts';
import type { PollResult } from '../../src/poll/poll.ts';
import { manualClock } from '../manual-clock.ts';
import { clusterConfig, stateAfter } from '../polls.ts';
import { type Family, parseStrictly, type Sample } from './strict-parser.ts';

/** What the polls of a cluster came to. */
export interface Watched {
  readonly results: readonly PollResult[];
  readonly config?: Partial<ClusterConfig>;
}

/** A process without metrics of its own, so that a page is the clusters' alone. */
export const noProcessMetrics: ProcessMetrics = {
  reloaded: () => {},
  webConfigRead: () => {},
  render: async () => () => '',
};

export async function partOf({ results, config = {} }: Watched) {
  const instruments = createInstruments(clusterConfig(config).authentication.method);
  for (const result of results) instruments.record(result);
  const state = stateAfter(results, config);
  return createClusterRenderer(state.name)(state, await readRegistry(instruments.registry));
}

/** The page of clusters, each by the name that its configuration gives it. */
export async function pageOf(format: Format, ...watched: readonly Watched[]): Promise<string> {
  const nameOf = ({ config }: Watched) => clusterConfig(config).name;
  const page = createPage(watched.map(nameOf), noProcessMetrics, manualClock());
  for (const cluster of watched) page.update(nameOf(cluster), await partOf(cluster));
  return textOf(await page.body(format, 'identity'));
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

/** What stands on a page, by family. */
export function readPage(text: string, format: Format = 'text'): ReadonlyMap<string, Family> {
  return new Map(parseStrictly(text, format).map((family) => [family.name, family]));
}

/** The samples of the family of that name, without its prefix; none where the page does not have it. */
export function samplesOf(families: ReadonlyMap<string, Family>, name: string): readonly Sample[] {
  return families.get(`zeebe_topology_${name}`)?.samples ?? [];
}

/** The same as values by labels, written `a=1 b=2` without the cluster's. */
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
