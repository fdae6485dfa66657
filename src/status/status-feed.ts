import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { type Clock, createYielder } from '../clock.ts';
import type { ExternalLink } from '../config/config.ts';
import type { ClusterHistory } from '../poll/events.ts';
import type { ClusterState } from '../poll/state.ts';
import { version } from '../version.ts';
import { type CountedStatus, clusterSummary, statusOf } from './cluster-summary.ts';
import { type ClusterCounts, clusterStatus, type ExporterStatus, type StatusDocument } from './status-document.ts';

/** The data of `GET /api/v1/clusters`. */
export interface StatusFeed {
  /** Replaces the status of a cluster. Appends a cluster that is new. */
  readonly update: (state: ClusterState, history: ClusterHistory) => void;
  /** Sets which clusters the document contains, and their order. Those that remain keep their status. */
  readonly arrange: (clusters: readonly string[]) => void;
  readonly setRole: (role: NonNullable<ExporterStatus['role']>) => void;
  /**
   * Returns a document; undefined if there is no such cluster. Without an update it stays the same for a second, so
   * that clients share its bytes.
   */
  readonly documentOf: (selection: Selection) => EncodedDocument | undefined;
}

/** What a document contains. */
export interface Selection {
  /** Absent: all clusters. */
  readonly cluster?: string | undefined;
  /** Omits `topology`, `events` and `leaderTimeline`. */
  readonly isSummary: boolean;
}

/** A `StatusDocument`, which is made once its bytes are requested. */
export interface EncodedDocument {
  /**
   * The entity tag, which changes with every update of the selected clusters. It is weak (RFC 9110, 8.8.1), as
   * documents with the same tag differ in the time at which they were made.
   */
  readonly etag: string;
  readonly json: () => Promise<Buffer>;
  readonly gzip: () => Promise<Buffer>;
}

/** Milliseconds: the precision of `now` in the document. */
const maxDocumentAge = 1_000;

const compress = promisify(gzip);

export function createStatusFeed(clock: Clock, links: readonly ExternalLink[] = []): StatusFeed {
  let parts = new Map<string, EncodedCluster>();
  // Distinguishes the tags of this process from those of the one before a restart.
  const run = randomUUID();
  let exporter: ExporterStatus = { version, startedAt: clock.now() / 1000 };
  let updates = 0;
  let roleSetBy = 0;
  const cached = cacheForAWhile(clock, () => updates);

  const encoded = (parts: readonly EncodedCluster[], isSummary: boolean, version: number, counts: ClusterCounts) => {
    const head = { apiVersion: 1, now: clock.now() / 1000, exporter, counts } as const;
    const texts = parts.map(isSummary ? ({ summary }) => summary : ({ whole }) => whole);
    return encodedDocument(`W/"${run}-${version}-${Object.values(counts).join('.')}"`, () => encode(head, texts));
  };

  return {
    update: (state, history) => {
      updates++;
      parts.set(state.name, createPart(state, history, links, updates));
    },
    arrange: (names) => {
      parts = new Map(
        names.flatMap((name) => {
          const part = parts.get(name);
          return part ? [[name, part] as const] : [];
        }),
      );
      updates++;
    },
    setRole: (role) => {
      exporter = { ...exporter, role };
      roleSetBy = ++updates;
    },
    documentOf: ({ cluster, isSummary }) => {
      const all = [...parts.values()];
      if (cluster === undefined) return cached(`${isSummary}`, () => encoded(all, isSummary, updates, countsOf(all)));
      const part = parts.get(cluster);
      const version = Math.max(part?.version ?? 0, roleSetBy);
      return part && cached(`${isSummary} ${cluster}`, () => encoded([part], isSummary, version, countsOf(all)));
    },
  };
}

/** Keeps documents by key while `version` stays the same, and for a second at most. */
function cacheForAWhile(
  clock: Clock,
  version: () => number,
): (key: string, make: () => EncodedDocument) => EncodedDocument {
  let documents = new Map<string, EncodedDocument>();
  let of = version();
  let since = clock.monotonic();
  return (key, make) => {
    if (of !== version() || clock.monotonic() - since >= maxDocumentAge) {
      documents = new Map();
      of = version();
      since = clock.monotonic();
    }
    const document = documents.get(key) ?? make();
    documents.set(key, document);
    return document;
  };
}

/** The status of a cluster as JSON. */
interface EncodedCluster {
  readonly status: CountedStatus;
  /** The number of the update. */
  readonly version: number;
  readonly whole: () => string;
  readonly summary: () => string;
}

/** Keeps the texts and not the objects, which take more memory. */
function createPart(
  state: ClusterState,
  history: ClusterHistory,
  links: readonly ExternalLink[],
  version: number,
): EncodedCluster {
  return {
    status: statusOf(state),
    version,
    whole: once(() => JSON.stringify(clusterStatus(state, history, links))),
    summary: once(() => JSON.stringify(clusterSummary(state, history, links))),
  };
}

function countsOf(parts: readonly EncodedCluster[]): ClusterCounts {
  const counts = { healthy: 0, degraded: 0, unhealthy: 0, unknown: 0, pending: 0 };
  for (const { status } of parts) counts[status]++;
  return counts;
}

function encodedDocument(etag: string, encode: () => Promise<Buffer>): EncodedDocument {
  const json = once(encode);
  return { etag, json, gzip: once(async () => compress(await json(), { level: constants.Z_BEST_SPEED })) };
}

/**
 * Joins the texts of the clusters, each of which is made only once for each update. Yields to the event loop, as all of
 * a thousand clusters may have changed.
 */
async function encode(head: Omit<StatusDocument, 'clusters'>, clusters: readonly (() => string)[]): Promise<Buffer> {
  const yieldWhenBusy = createYielder();
  const bytes = [Buffer.from(`${JSON.stringify(head).slice(0, -1)},"clusters":[`)];
  for (const [place, text] of clusters.entries()) {
    bytes.push(Buffer.from(place === 0 ? text() : `,${text()}`));
    await yieldWhenBusy();
  }
  return Buffer.concat([...bytes, Buffer.from(']}')]);
}

/** Returns the result of the first call of `make`. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
