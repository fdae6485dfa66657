import type { ClusterConfig } from '../config/config.ts';
import type { Admit, PollResult } from '../poll/poll.ts';
import type { ClusterState } from '../poll/state.ts';
import { type Budgets, createClusterAdmission } from './cluster-admission.ts';
import { createClusterRenderer } from './cluster-renderer.ts';
import { createCounters } from './counters.ts';
import { type KnownBefore, nothingBefore } from './exposition-size.ts';
import { clusterLabel } from './family.ts';
import type { Page } from './page.ts';

/** The metrics of one cluster, from its polls to its part of the page. */
export interface ClusterMetrics {
  readonly admit: Admit;
  /**
   * Replaces the part of the cluster on the page. `result` is that of the poll that led to the state; it is counted.
   */
  readonly publish: (state: ClusterState, result?: PollResult) => Promise<void>;
  /** Gives the room of the cluster to others. Its part stays on the page until the page is arranged without it. */
  readonly close: () => void;
}

export function createClusterMetrics(cluster: ClusterConfig, page: Page, budgets: Budgets): ClusterMetrics {
  const { name, authentication } = cluster;
  const label = clusterLabel(name);
  const render = createClusterRenderer(label);
  const counters = createCounters(authentication.method, label);
  let known: KnownBefore = nothingBefore;
  const { admit, release } = createClusterAdmission(cluster, budgets, () => known);
  return {
    admit,
    publish: async (state, result) => {
      known = state;
      if (result) counters.record(result);
      const part = await render(state, counters.lines());
      await page.prepare(part);
      page.update(name, part);
    },
    close: release,
  };
}
