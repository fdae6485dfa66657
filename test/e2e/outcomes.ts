import { expect } from 'vitest';
import { type Exporter, type ExporterSettings, startExporter } from './exporter.ts';
import type { Exposition } from './exposition.ts';
import { until } from './until.ts';

/** `up`, or `down` with the reasons, by the names of clusters. */
export type Outcomes = Readonly<Record<string, string>>;

/**
 * Starts one exporter with many clusters, and waits until all have the expected outcomes: a system that has just started
 * may answer its first requests too late for a poll.
 */
export async function untilOutcomes(
  expected: Outcomes,
  clusters: Readonly<Record<string, object>>,
  environment: ExporterSettings['environment'] = {},
): Promise<Exporter> {
  const entries = Object.entries(clusters).map(([name, settings]) => ({ name, ...settings }));
  const file = JSON.stringify({ poll_interval: '15s', poll_timeout: '15s', clusters: entries });
  const exporter = await startExporter({ file, environment });
  await until('each cluster has the expected outcome', 300, async () => {
    expect(outcomesOf(await exporter.scrape())).toEqual(expected);
  });
  return exporter;
}

function outcomesOf(page: Exposition): Outcomes {
  const entries = page.series('zeebe_topology_up').map(({ labels, value }) => {
    const { zeebe_cluster = '' } = labels;
    const families = ['zeebe_topology_poll_failing', 'zeebe_topology_auth_failing'];
    const reasons = families.flatMap((family) => page.set(family, 'reason', { zeebe_cluster }));
    return [zeebe_cluster, value === 1 && reasons.length === 0 ? 'up' : `down: ${reasons.join(', ')}`] as const;
  });
  return Object.fromEntries(entries);
}
