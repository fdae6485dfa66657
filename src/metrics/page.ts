import type { Clock } from '../clock.ts';
import { type AssemblePage, chunksOfPart, createPageAssembly, isLarge } from './blocks.ts';
import { type Chunk, gzipped, retaining } from './chunk.ts';
import type { ClusterPart } from './cluster-renderer.ts';
import type { Format } from './family.ts';
import type { ProcessMetrics } from './process-metrics.ts';

export const encodings = ['identity', 'gzip'] as const;
export type Encoding = (typeof encodings)[number];

export interface Page {
  /** Compresses the large chunks of a part if scrapes ask for gzip, so that no scrape has to wait for that. */
  readonly prepare: (part: ClusterPart) => Promise<void>;
  /** Replaces the whole part of a cluster: no scrape sees a mix of two polls. */
  readonly update: (cluster: string, part: ClusterPart) => void;
  /** Sets the clusters on the page and their order; those that were on the page before keep their parts. */
  readonly arrange: (clusters: readonly string[]) => void;
  /** Makes the next scrape read the metrics of the process again. */
  readonly refresh: () => void;
  /** The exposition. It is made at the first request after a change; further requests share it. */
  readonly body: (format: Format, encoding: Encoding) => Promise<Body>;
  /** The series of one cluster only; none if it is not on the page. Requests for the same part share the bytes. */
  readonly bodyOf: (cluster: string, format: Format, encoding: Encoding) => Promise<Body>;
}

/** Bytes in several buffers: joining those of a large page would copy it. */
export type Body = readonly Buffer[];

/** Milliseconds. Reading the metrics of the process takes longer than the rest of a scrape. */
const maxProcessMetricsAge = 5_000;

/** The clusters are on the page in the given order. */
export function createPage(clusters: readonly string[], processMetrics: ProcessMetrics, clock: Clock): Page {
  let parts = arranged(clusters, new Map());
  let bodies: Bodies = new Map();
  const makeBody = bodyFrom(createPageAssembly());
  const bodyOfPart = createPartBodies();
  let isGzipRequested = false;
  const forgetBodies = () => {
    bodies = new Map();
  };
  const processText = createProcessText(processMetrics, clock, forgetBodies);

  return {
    prepare: async (part) => {
      if (!isGzipRequested) return;
      for (const chunk of chunksOfPart(part).filter(isLarge)) await chunk.compressed();
    },
    update: (cluster, part) => {
      for (const { retain } of chunksOfPart(part)) retain();
      for (const { release } of chunksOfPart(parts.get(cluster) ?? emptyPart)) release();
      parts.set(cluster, part);
      forgetBodies();
    },
    arrange: (names) => {
      parts = arranged(names, parts);
      forgetBodies();
    },
    refresh: processText.refresh,
    body: (format, encoding) => {
      isGzipRequested ||= encoding === 'gzip';
      const text = processText.current();
      return cached(bodies, `${format} ${encoding}`, async () => {
        const ownText = (await text)(format);
        return makeBody([...parts.values()], format, encoding, ownText);
      });
    },
    bodyOf: (cluster, format, encoding) => bodyOfPart(parts.get(cluster) ?? emptyPart, format, encoding),
  };
}

/** By format and encoding. */
type Bodies = Map<string, Promise<Body>>;

function cached(bodies: Bodies, key: string, make: () => Promise<Body>): Promise<Body> {
  const body = bodies.get(key) ?? make();
  bodies.set(key, body);
  return body;
}

function createPartBodies(): (part: ClusterPart, format: Format, encoding: Encoding) => Promise<Body> {
  const bodiesOfParts = new WeakMap<ClusterPart, Bodies>();
  return (part, format, encoding) => {
    const bodies: Bodies = bodiesOfParts.get(part) ?? new Map();
    bodiesOfParts.set(part, bodies);
    return cached(bodies, `${format} ${encoding}`, () => bodyFrom(createPageAssembly())([part], format, encoding));
  };
}

/** Makes a body of what is on the page now: polls change nothing in it, also while it is compressed. */
function bodyFrom(assemble: AssemblePage) {
  return (parts: readonly ClusterPart[], format: Format, encoding: Encoding, processText?: string): Promise<Body> =>
    retaining(parts.flatMap(chunksOfPart), async () => encoded(await assemble(parts, format, processText), encoding));
}

/** The text of the process's metrics, in both formats; not older than `maxProcessMetricsAge`. */
interface ProcessText {
  readonly current: () => ReturnType<ProcessMetrics['render']>;
  readonly refresh: () => void;
}

function createProcessText({ render }: ProcessMetrics, clock: Clock, onChange: () => void): ProcessText {
  let latest: { readonly text: ReturnType<ProcessMetrics['render']>; readonly readAt: number } | undefined;
  return {
    current: () => {
      if (!latest || clock.monotonic() - latest.readAt >= maxProcessMetricsAge) {
        latest = { text: render(), readAt: clock.monotonic() };
        onChange();
      }
      return latest.text;
    },
    refresh: () => {
      latest = undefined;
    },
  };
}

const emptyPart: ClusterPart = [];

function arranged(clusters: readonly string[], parts: ReadonlyMap<string, ClusterPart>): Map<string, ClusterPart> {
  return new Map(clusters.map((cluster) => [cluster, parts.get(cluster) ?? emptyPart]));
}

async function encoded(chunks: readonly Chunk[], encoding: Encoding): Promise<Body> {
  if (encoding === 'gzip') return [await gzipped(chunks)];
  // Never released: the server does not report when a response has been sent.
  for (const { retain } of chunks) retain();
  return chunks.map(({ bytes }) => bytes);
}
