import { createClusterRenderer } from '../../src/metrics/cluster-renderer.ts';
import { createCounters } from '../../src/metrics/counters.ts';
import { clusterLabel } from '../../src/metrics/family.ts';
import { createProcessMetrics } from '../../src/metrics/process-metrics.ts';
import type { PollResult } from '../../src/poll/poll.ts';
import { textOfLines } from '../metrics/pages.ts';
import { clusterConfig, endOfPoll, failure, stateAfter, succeeded } from '../polls.ts';
import { broker, leader, topology } from '../topologies.ts';
import { parseQuery } from './promql.ts';

/** The values of each label of each metric. */
export type Exposed = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

const inAYear = endOfPoll + 365 * 24 * 60 * 60 * 1000;

/** Reads the metrics from a page that is rendered from a complete answer with all parts of authentication. */
export async function exposedMetrics(): Promise<Exposed> {
  const processMetrics = createProcessMetrics({ shard: { index: 0, total: 2 } });
  processMetrics.reloaded(true, endOfPoll);
  processMetrics.webConfigRead(true, inAYear);
  processMetrics.leads(true);
  processMetrics.discovered({ provider: 'saas', isUp: true, at: endOfPoll, clusterCount: 3 });
  const text = (await clusterText()) + (await processMetrics.render())('text');

  const metrics = new Map<string, Map<string, Set<string>>>();
  for (const line of text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
    const [{ metric, matchers } = { metric: '', matchers: [] }] = parseQuery(line.replace(/ \S+$/, '')).selectors;
    const known = metrics.get(metric) ?? new Map<string, Set<string>>();
    metrics.set(metric, known);
    for (const { label, values } of matchers) known.set(label, new Set([...(known.get(label) ?? []), ...values]));
  }
  return metrics;
}

async function clusterText(): Promise<string> {
  const complete = topology([broker('0', leader(1, { state: 'active' }))], {
    clusterId: '9f2c',
    lastCompletedChangeId: 1,
  });
  const allTenants = { ...complete, groups: complete.groups.map((group) => ({ tenant: 'default', ...group })) };
  const result: PollResult = succeeded(complete, {
    outcome: { ok: true, topology: complete, seriesLimit: { series: 14 } },
    authentication: {
      up: true,
      failure: failure('token_rate_limited'),
      token: { obtainedAt: endOfPoll, expiresAt: endOfPoll + 60_000, lifetime: 60_000 },
      tokenRequests: [{ seconds: 0.1, failure: 'token_rate_limited' }],
    },
    certificates: { clusterServer: inAYear, clusterClient: inAYear, tokenServer: inAYear, tokenClient: inAYear },
    filesRead: true,
  });
  const label = clusterLabel(clusterConfig().name);
  const counters = createCounters('oauth2', label);
  counters.record(result);
  const counted = counters.lines();
  const states = [stateAfter([result], { labels: { team: 'payments' } }), stateAfter([succeeded(allTenants)])];
  const parts = await Promise.all(states.map((state) => createClusterRenderer(label)(state, counted)));
  return parts.flat().map(textOfLines).join('');
}
