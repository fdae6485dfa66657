import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Clock } from '../clock.ts';
import type { ExternalLink } from '../config/config.ts';
import type { ClusterHistory } from '../poll/events.ts';
import type { ClusterState } from '../poll/state.ts';
import { version } from '../version.ts';
import { type ClusterStatus, clusterStatus, type ExporterStatus, type StatusDocument } from './status-document.ts';

/** The data of `GET /api/v1/clusters`. */
export interface StatusFeed {
  /** Replaces the status of a cluster. Appends a cluster that is new. */
  readonly update: (state: ClusterState, history: ClusterHistory) => void;
  /** Sets which clusters the document contains, and their order. Those that remain keep their status. */
  readonly arrange: (clusters: readonly string[]) => void;
  readonly setRole: (role: NonNullable<ExporterStatus['role']>) => void;
  /**
   * Returns the entity tag, which changes with every update. It is weak (RFC 9110, 8.8.1), as documents with the same
   * tag differ in the time at which they were made.
   */
  readonly etag: () => string;
  /** Returns the document. Without an update it stays the same for a second, so that clients share its bytes. */
  readonly document: () => EncodedDocument;
  /** Returns a part of the document in the same way; undefined if there is no such cluster. */
  readonly partOf: (selection: Selection) => EncodedDocument | undefined;
}

/** A part of the document. */
export interface Selection {
  /** Absent: all clusters. */
  readonly cluster?: string | undefined;
  /** Omits `topology`, `events` and `leaderTimeline`. */
  readonly isSummary: boolean;
}

/** A `StatusDocument` as JSON. */
export interface EncodedDocument {
  readonly json: Buffer;
  /** Compresses the document at the first call. */
  readonly gzip: () => Promise<Buffer>;
}

/** Milliseconds: the precision of `now` in the document. */
const maxDocumentAge = 1_000;

const compress = promisify(gzip);

export function createStatusFeed(clock: Clock, links: readonly ExternalLink[] = []): StatusFeed {
  let parts = new Map<string, ClusterPart>();
  // Distinguishes the tags of this process from those of the one before a restart.
  const run = randomUUID();
  let exporter: ExporterStatus = { version, startedAt: clock.now() / 1000 };
  let updates = 0;
  const cached = cacheForAWhile(clock, () => updates);

  const encoded = (parts: readonly ClusterPart[], isSummary: boolean): EncodedDocument => {
    const head = { apiVersion: 1, now: clock.now() / 1000, exporter } as const;
    return encode(head, parts.map(isSummary ? ({ summary }) => summary() : ({ whole }) => whole()));
  };
  const all = (isSummary: boolean) => cached(`${isSummary}`, () => encoded([...parts.values()], isSummary));

  return {
    update: (state, history) => {
      // Not kept as an object, which takes more memory than its text.
      const status = () => clusterStatus(state, history, links);
      parts.set(state.name, {
        whole: once(() => JSON.stringify(status())),
        summary: once(() => JSON.stringify(summaryOf(status()))),
      });
      updates++;
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
      updates++;
    },
    etag: () => `W/"${run}-${updates}"`,
    document: () => all(false),
    partOf: ({ cluster, isSummary }) => {
      if (cluster === undefined) return all(isSummary);
      const part = parts.get(cluster);
      return part && cached(`${isSummary} ${cluster}`, () => encoded([part], isSummary));
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
interface ClusterPart {
  readonly whole: () => string;
  readonly summary: () => string;
}

function summaryOf({ topology, events, leaderTimeline, ...summary }: ClusterStatus) {
  return summary;
}

/** Joins the parts of the clusters, which are JSON already and are made only once for each update. */
function encode(head: Omit<StatusDocument, 'clusters'>, clusters: readonly string[]): EncodedDocument {
  const json = Buffer.from(`${JSON.stringify(head).slice(0, -1)},"clusters":[${clusters.join(',')}]}`);
  return { json, gzip: once(() => compress(json, { level: constants.Z_BEST_SPEED })) };
}

/** Returns the result of the first call of `make`. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
