import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Clock } from '../clock.ts';
import type { ExternalLink } from '../config/config.ts';
import type { ClusterHistory } from '../poll/events.ts';
import type { ClusterState } from '../poll/state.ts';
import { version } from '../version.ts';
import { clusterStatus, type StatusDocument } from './status-document.ts';

/** The data of `GET /api/v1/clusters`. */
export interface StatusFeed {
  /** Replaces the status of a cluster. Appends a cluster that is new. */
  readonly update: (state: ClusterState, history: ClusterHistory) => void;
  /** Sets which clusters the document contains, and their order. Those that remain keep their status. */
  readonly arrange: (clusters: readonly string[]) => void;
  /**
   * Returns the entity tag, which changes with every update. It is weak (RFC 9110, 8.8.1), as documents with the same
   * tag differ in the time at which they were made.
   */
  readonly etag: () => string;
  /** Returns the document. Without an update it stays the same for a second, so that clients share its bytes. */
  readonly document: () => EncodedDocument;
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
  let parts = new Map<string, () => string>();
  // Distinguishes the tags of this process from those of the one before a restart.
  const run = randomUUID();
  const startedAt = clock.now() / 1000;
  let updates = 0;
  let latest: { readonly document: EncodedDocument; readonly updates: number; readonly madeAt: number } | undefined;

  return {
    update: (state, history) => {
      const part = once(() => JSON.stringify(clusterStatus(state, history, links)));
      parts.set(state.name, part);
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
    etag: () => `W/"${run}-${updates}"`,
    document: () => {
      const madeAt = clock.monotonic();
      if (latest?.updates !== updates || madeAt - latest.madeAt >= maxDocumentAge) {
        const head = { apiVersion: 1, now: clock.now() / 1000, exporter: { version, startedAt } } as const;
        latest = { document: encode(head, parts.values()), updates, madeAt };
      }
      return latest.document;
    },
  };
}

/** Joins the parts of the clusters, which are JSON already and are made only once for each update. */
function encode(head: Omit<StatusDocument, 'clusters'>, parts: Iterable<() => string>): EncodedDocument {
  const clusters = Array.from(parts, (part) => part()).join(',');
  const json = Buffer.from(`${JSON.stringify(head).slice(0, -1)},"clusters":[${clusters}]}`);
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
