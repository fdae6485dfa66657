import type { Clock } from '../clock.ts';
import { createPiece, gzipped, type Piece } from './chunk.ts';
import { type ClusterPart, clusterFamilies } from './cluster-part.ts';
import { endings, type Format, header } from './family.ts';
import type { ProcessMetrics } from './process-metrics.ts';

export const encodings = ['identity', 'gzip'] as const;
export type Encoding = (typeof encodings)[number];

export interface Page {
  /** Makes ready what scrapes will want of a part, so that none of them waits for it once the part is on the page. */
  readonly prepare: (part: ClusterPart) => Promise<void>;
  /** Replaces a cluster's part as a whole: no scrape sees two polls of one cluster mixed. */
  readonly update: (cluster: string, part: ClusterPart) => void;
  /** The clusters that stand on the page from now on, in this order; those that stay keep their parts. */
  readonly arrange: (clusters: readonly string[]) => void;
  /** The process's metrics have changed: the next scrape reads them again. */
  readonly refresh: () => void;
  /** The exposition; made when first asked for after a change, then handed out as it is. */
  readonly body: (format: Format, encoding: Encoding) => Promise<Body>;
  /** One cluster's series alone; none where it is not on the page. All who ask for the same part share its bytes. */
  readonly bodyOf: (cluster: string, format: Format, encoding: Encoding) => Promise<Body>;
}

/** Bytes that follow one another. A large page is not joined: the pieces that it is made of are there already. */
export type Body = readonly Buffer[];

/** Milliseconds; reading the process's metrics at every scrape would be most of its cost. */
const processMetricsLast = 5_000;

/** Bytes; pieces below are joined: many would cost more to send, and be compressed badly. */
const largePiece = 64 * 1024;

/** The clusters stand on the page in the order given. */
export function createPage(clusters: readonly string[], processMetrics: ProcessMetrics, clock: Clock): Page {
  let parts = arranged(clusters, new Map());
  let bodies = new Map<string, Promise<Body>>();
  const bodiesOfParts = new WeakMap<ClusterPart, Map<string, Promise<Body>>>();
  let processText: Promise<(format: Format) => string> | undefined;
  let processReadAt = 0;
  let isGzipAskedFor = false;

  const refreshProcessMetrics = () => {
    if (processText && clock.monotonic() - processReadAt < processMetricsLast) return processText;
    processReadAt = clock.monotonic();
    processText = processMetrics.render();
    bodies = new Map();
    return processText;
  };

  return {
    prepare: async (part) => {
      if (!isGzipAskedFor) return;
      for (const piece of piecesOf(part).filter(isLarge)) await piece.deflated();
    },
    update: (cluster, part) => {
      for (const { hold } of piecesOf(part)) hold();
      for (const { release } of piecesOf(parts.get(cluster) ?? nothing)) release();
      parts.set(cluster, part);
      bodies = new Map();
    },
    arrange: (names) => {
      parts = arranged(names, parts);
      bodies = new Map();
    },
    refresh: () => {
      processText = undefined;
    },
    body: (format, encoding) => {
      isGzipAskedFor ||= encoding === 'gzip';
      const own = refreshProcessMetrics();
      const key = `${format} ${encoding}`;
      const make = async () => {
        const ownText = (await own)(format);
        return encoded(joined([...parts.values()], format, ownText), encoding);
      };
      const body = bodies.get(key) ?? make();
      bodies.set(key, body);
      return body;
    },
    bodyOf: (cluster, format, encoding) => {
      const part = parts.get(cluster) ?? nothing;
      const made = bodiesOfParts.get(part) ?? new Map<string, Promise<Body>>();
      bodiesOfParts.set(part, made);
      const key = `${format} ${encoding}`;
      const body = made.get(key) ?? encoded(joined([part], format), encoding);
      made.set(key, body);
      return body;
    },
  };
}

const nothing: ClusterPart = [];

function arranged(clusters: readonly string[], parts: ReadonlyMap<string, ClusterPart>): Map<string, ClusterPart> {
  return new Map(clusters.map((cluster) => [cluster, parts.get(cluster) ?? nothing]));
}

async function encoded(pieces: readonly Piece[], encoding: Encoding): Promise<Body> {
  if (encoding === 'gzip') return [await gzipped(pieces)];
  // For good: nobody tells when the last reader has them.
  for (const { hold } of pieces) hold();
  return pieces.map(({ bytes }) => bytes);
}

function piecesOf(part: ClusterPart): readonly Piece[] {
  return part.flatMap((lines) => (typeof lines === 'string' ? [] : lines));
}

function isLarge({ bytes }: Piece): boolean {
  return bytes.length >= largePiece;
}

/** Each family once, every cluster's samples together; a family that no cluster has does not appear. */
function joined(parts: readonly ClusterPart[], format: Format, own = ''): readonly Piece[] {
  const pieces: Piece[] = [];
  let small: Buffer[] = [];
  let text = '';
  const endText = () => {
    if (text !== '') small.push(Buffer.from(text));
    text = '';
  };
  const endSmall = () => {
    endText();
    if (small.length > 0) pieces.push(createPiece(Buffer.concat(small)));
    small = [];
  };
  const add = (piece: Piece) => {
    if (isLarge(piece)) {
      endSmall();
      pieces.push(piece);
    } else {
      endText();
      small.push(piece.bytes);
    }
  };

  for (const [index, family] of clusterFamilies.entries()) {
    const samples = parts.map((part) => part[index] ?? '').filter(({ length }) => length > 0);
    if (samples.length > 0) text += header(family, format);
    for (const lines of samples) {
      if (typeof lines === 'string') text += lines;
      else lines.forEach(add);
    }
  }
  text += own + endings[format];
  endSmall();
  return pieces;
}
