import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { ClusterHistory } from '../poll/events.ts';
import type { ClusterState } from '../poll/state.ts';
import { version } from '../version.ts';
import { clusterStatus, type StatusDocument } from './status.ts';

/** What `GET /api/v1/clusters` hands out. */
export interface StatusFeed {
  /** Replaces a cluster's part as a whole; a new cluster comes last. */
  readonly update: (state: ClusterState, history: ClusterHistory) => void;
  /** The clusters that are told of from now on, in this order; those that stay keep their parts. */
  readonly arrange: (clusters: readonly string[]) => void;
  /** Another one after every update. Weak (RFC 9110, 8.8.1): the same facts, told at another moment. */
  readonly etag: () => string;
  /** A `StatusDocument` as JSON. A cluster's part is made when first asked for after a change. */
  readonly json: () => string;
}

export function createStatusFeed(clock: Clock): StatusFeed {
  let parts = new Map<string, () => string>();
  // A page that is open while the exporter is started anew must not take the new one's answers for the old one's.
  const run = randomUUID();
  const startedAt = clock.now() / 1000;
  let updates = 0;
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
    json: () => {
      const head: Omit<StatusDocument, 'clusters'> = {
        apiVersion: 1,
        now: clock.now() / 1000,
        exporter: { version, startedAt },
      };
      const clusters = [...parts.values()].map((part) => part()).join(',');
      return `${JSON.stringify(head).slice(0, -1)},"clusters":[${clusters}]}`;
    },
  };
}

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
