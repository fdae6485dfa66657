import { sleep } from '../clock.ts';
import type { ClusterConfig, DiscoveryProvider } from '../config/config.ts';
import type { ComponentStatus } from './component-status.ts';

/** Finds clusters that come and go. */
export interface Provider {
  readonly name: DiscoveryProvider;
  /** Yields all its clusters at the start, and again whenever they may have changed, until the signal aborts. */
  readonly discover: (signal: AbortSignal) => AsyncIterable<Discovered>;
}

/** What a provider found. If it failed as a whole, all its previous clusters stay in use. */
export type Discovered = (
  | {
      readonly ok: true;
      /** In a stable order. The clusters of a list that is no longer here are gone. */
      readonly lists: readonly ClusterList[];
      readonly statuses?: readonly ComponentStatus[];
    }
  | { readonly ok: false; readonly problems: readonly string[] }
) & {
  /** Whether the configuration allows a cluster. A previous one that it does not allow is not kept. Absent: all. */
  readonly allows?: (permission: Permission) => boolean;
};

/** Clusters that are replaced together or not at all, such as those of a file. */
export interface ClusterList {
  /** Identifies the list among those of its provider. */
  readonly source: string;
  readonly clusters: readonly DiscoveredCluster[];
  /** If there are any, the previous clusters of the list stay in use. Each is one line without secrets. */
  readonly problems: readonly string[];
  /** Whether another list may be missing because of the problems. Its previous clusters stay in use, too. */
  readonly hides?: (source: string) => boolean;
}

export interface DiscoveredCluster {
  readonly config: ClusterConfig;
  /** Where its name comes from: `conf.d/orders.yml:3: [0].name`. */
  readonly place: string;
  /** Absent: it needs none. */
  readonly permission?: Permission;
}

/** What the configuration must allow, so that a cluster may be polled. */
export interface Permission {
  readonly namespace: string;
  /** The profile that it uses. */
  readonly profile?: string;
  readonly hasExternalName: boolean;
}

/** Finds the clusters of a provider. */
export type Refresh = (signal: AbortSignal) => Promise<{
  readonly discovered: Discovered;
  /** Milliseconds that the server asks to wait at least. */
  readonly retryAfter?: number | undefined;
}>;

/** Finds clusters now, and again `interval` milliseconds after each refresh, or when `wait` ends before. */
export async function* discoverAtInterval(
  interval: number,
  refresh: Refresh,
  signal: AbortSignal,
  wait = sleep,
): AsyncGenerator<Discovered, void> {
  while (!signal.aborted) {
    const { discovered, retryAfter = 0 } = await refresh(signal);
    if (signal.aborted) return;
    yield discovered;
    await wait(Math.max(interval, retryAfter), signal);
  }
}
