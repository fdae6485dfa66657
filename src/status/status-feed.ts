import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Clock } from '../clock.ts';
import type { ClusterHistory } from '../poll/events.ts';
import type { ClusterState } from '../poll/state.ts';
import { version } from '../version.ts';
import { clusterStatus, type StatusDocument } from './status-document.ts';

/** What `GET /api/v1/clusters` hands out. */
export interface StatusFeed {
  /** Replaces a cluster's part as a whole; a new cluster comes last. */
  readonly update: (state: ClusterState, history: ClusterHistory) => void;
  /** The clusters that are told of from now on, in this order; those that stay keep their parts. */
  readonly arrange: (clusters: readonly string[]) => void;
  /** Another one after every update. Weak (RFC 9110, 8.8.1): the same facts, told at another moment. */
  readonly etag: () => string;
  /** The same one for a second, unless there is an update: clients share its bytes. */
  readonly document: () => EncodedDocument;
}

/** A `StatusDocument` as JSON. */
export interface EncodedDocument {
  readonly json: Buffer;
  /** Compressed when first asked for. */
  readonly gzip: () => Promise<Buffer>;
}

/** Milliseconds, the precision of `now` in the document. */
const documentLasts = 1_000;

const compress = promisify(gzip);

export function createStatusFeed(clock: Clock): StatusFeed {
  let parts = new Map<string, () => string>();
  // A page that is open while the exporter is started anew must not take the new one's answers for the old one's.
  const run = randomUUID();
  const startedAt = clock.now() / 1000;
  let updates = 0;
  let latest: { readonly document: EncodedDocument; readonly updates: number; readonly madeAt: number } | undefined;

  const make = (): EncodedDocument => {
    const head: Omit<StatusDocument, 'clusters'> = {
      apiVersion: 1,
      now: clock.now() / 1000,
      exporter: { version, startedAt },
    };
    const clusters = [...parts.values()].map((part) => part()).join(',');
    const json = Buffer.from(`${JSON.stringify(head).slice(0, -1)},"clusters":[${clusters}]}`);
    return { json, gzip: once(() => compress(json, { level: constants.Z_BEST_SPEED })) };
  };
  return {
    update: (state, history) => {
      parts.set(
        state.name,
        once(() => JSON.stringify(clusterStatus(state, history))),
      );
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
      if (latest?.updates !== updates || clock.monotonic() - latest.madeAt >= documentLasts) {
        latest = { document: make(), updates, madeAt: clock.monotonic() };
      }
      return latest.document;
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
