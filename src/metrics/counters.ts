import { Counter, Histogram, type MetricObjectWithValues, type MetricValue, type Registry } from 'prom-client';
import type { AuthenticationMethod } from '../config/config.ts';
import { authFailureReasons, pollFailureReasons, tokenFailureReasons } from '../failure.ts';
import type { PollResult } from '../poll/poll.ts';
import { addSample, bucketBound, type CountedFamily, joinLabels, type Labels, labels } from './family.ts';

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30];

/** The families whose values are counted from poll to poll. */
export const counted = {
  polls: family('polls_total', 'counter', 'Polls completed, successful or not.'),
  pollFailures: family('poll_failures_total', 'counter', 'Polls that failed, by reason.'),
  pollDuration: family('poll_duration_seconds', 'histogram', 'Duration of polls, including token requests.'),
  authFailures: family(
    'auth_failures_total',
    'counter',
    'Polls with an authentication failure, by reason; including those that succeeded with the previous token.',
  ),
  tokenRequests: family('token_requests_total', 'counter', 'Token requests sent to the identity provider.'),
  tokenRequestFailures: family('token_request_failures_total', 'counter', 'Token requests that failed, by reason.'),
  tokenRequestDuration: family('token_request_duration_seconds', 'histogram', 'Duration of token requests.'),
} as const;

function family(name: string, type: CountedFamily['type'], help: string): CountedFamily {
  return { source: 'counters', name: `zeebe_topology_${name}`, type, help };
}

/** The counters and histograms of one cluster. */
export interface Counters {
  readonly record: (result: PollResult) => void;
  /** The lines of each family, by its name. */
  readonly lines: () => Promise<LinesByFamily>;
}

export type LinesByFamily = ReadonlyMap<string, string>;

/**
 * Counters exist at 0 for every reason from the start, histograms from the first poll on. `cluster` is the label of the
 * cluster.
 */
export function createCounters(method: AuthenticationMethod, cluster: Labels): Counters {
  const { changed, lines } = createReadings(cluster);
  const polls = changed(new Counter({ ...counted.polls, registers: [] }));
  const pollFailures = changed(reasonCounter(counted.pollFailures, pollFailureReasons));
  const authFailures = changed(reasonCounter(counted.authFailures, authFailureReasons));
  const recordTokenRequests = method === 'oauth2' ? tokenCounters(changed) : () => {};
  const pollDuration = new Histogram({ ...counted.pollDuration, buckets, registers: [] });

  return {
    lines,
    record: ({ outcome, seconds, authentication: { failure, tokenRequests } }) => {
      changed(polls).inc();
      if (!outcome.ok) changed(pollFailures).inc({ reason: outcome.failure.reason });
      changed(pollDuration);
      if (seconds !== undefined) pollDuration.observe(seconds);
      if (failure) changed(authFailures).inc({ reason: failure.reason });
      recordTokenRequests(tokenRequests);
    },
  };
}

type CountedMetric = Counter<'reason'> | Counter | Histogram;

/** Marks a metric whose values are to be read again, and returns it. */
type Changed = <M extends CountedMetric>(metric: M) => M;

/** Reads the metrics that have changed since the last time: in most polls, two of seven. Keeps their lines only. */
function createReadings(cluster: Labels): { readonly changed: Changed; readonly lines: Counters['lines'] } {
  const unread = new Set<CountedMetric>();
  const latest = new Map<string, string>();
  return {
    changed: (metric) => {
      unread.add(metric);
      return metric;
    },
    lines: async () => {
      const metrics = [...unread];
      unread.clear();
      // The declared type lacks the names of the samples of a histogram.
      for (const metric of metrics) {
        const values = (await metric.get()) as MetricValues;
        latest.set(values.name, linesOfMetric(values, cluster));
      }
      return latest;
    },
  };
}

function tokenCounters(changed: Changed): (requests: PollResult['authentication']['tokenRequests']) => void {
  const requested = changed(new Counter({ ...counted.tokenRequests, registers: [] }));
  const failed = changed(reasonCounter(counted.tokenRequestFailures, tokenFailureReasons));
  const duration = new Histogram({ ...counted.tokenRequestDuration, buckets, registers: [] });
  let isFirst = true;
  return (requests) => {
    if (isFirst) changed(duration);
    isFirst = false;
    for (const { seconds, failure } of requests) {
      changed(requested).inc();
      changed(duration).observe(seconds);
      if (failure) changed(failed).inc({ reason: failure });
    }
  };
}

function reasonCounter(family: CountedFamily, reasons: readonly string[]): Counter<'reason'> {
  const counter = new Counter({ ...family, labelNames: ['reason'] as const, registers: [] });
  for (const reason of reasons) counter.inc({ reason }, 0);
  return counter;
}

/** The values of one metric of prom-client at one moment. */
type MetricValues = MetricObjectWithValues<MetricValue<string>>;

/**
 * Reads a registry as JSON, never as text: rendering OpenMetrics renames the counters of a registry permanently, and the
 * texts of two registries cannot be joined.
 */
export async function readRegistry(registry: Registry): Promise<readonly MetricValues[]> {
  // The declared type lacks the values.
  return (await registry.getMetricsAsJSON()) as MetricValues[];
}

/** The lines of one metric, each with the shared labels first. */
export function linesOfMetric(metric: MetricValues, shared?: Labels): string {
  const pieces: string[] = [];
  for (const { value, labels: own, ...parts } of metric.values) {
    const name = 'metricName' in parts && typeof parts.metricName === 'string' ? parts.metricName : metric.name;
    addSample(pieces, name, joined(shared, ownLabels(own)) ?? '', value);
  }
  return pieces.join('');
}

function ownLabels(own: MetricValue<string>['labels']): Labels | undefined {
  let all: Labels | undefined;
  for (const name in own) {
    const value = own[name] ?? '';
    const label = name === 'le' ? bucketLabel(value) : labels({ [name]: String(value) });
    all = joined(all, label);
  }
  return all;
}

/** There are few bounds, which are the same for all clusters. */
const bucketLabels = new Map<number | string, Labels>();

function bucketLabel(bound: number | string): Labels {
  const label = bucketLabels.get(bound) ?? labels({ le: bucketBound(bound) });
  bucketLabels.set(bound, label);
  return label;
}

function joined(left: Labels | undefined, right: Labels | undefined): Labels | undefined {
  return left && right ? joinLabels(left, right) : (left ?? right);
}
