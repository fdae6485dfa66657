import { Counter, Histogram, type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';
import type { AuthenticationMethod } from '../config/config.ts';
import { authFailureReasons, pollFailureReasons, tokenFailureReasons } from '../failure.ts';
import type { PollResult } from '../poll/poll.ts';
import { and, bucketBound, type CountedFamily, type Labels, labels, sample } from './family.ts';

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30];

/** The families whose values are counted from poll to poll. */
export const counted = {
  polls: family('polls_total', 'counter', 'Polls ended, whatever came of them.'),
  pollFailures: family('poll_failures_total', 'counter', 'Polls that failed, by reason.'),
  pollDuration: family('poll_duration_seconds', 'histogram', 'Duration of whole polls, token request included.'),
  authFailures: family(
    'auth_failures_total',
    'counter',
    'Polls with an authentication failure, by reason; also those that the old token saved.',
  ),
  tokenRequests: family('token_requests_total', 'counter', 'Token requests sent to the identity provider.'),
  tokenRequestFailures: family('token_request_failures_total', 'counter', 'Token requests that failed, by reason.'),
  tokenRequestDuration: family('token_request_duration_seconds', 'histogram', 'Duration of token requests.'),
} as const;

function family(name: string, type: CountedFamily['type'], help: string): CountedFamily {
  return { source: 'instruments', name: `zeebe_topology_${name}`, type, help };
}

/** One cluster's counters and histograms. */
export interface Instruments {
  readonly registry: Registry;
  readonly record: (result: PollResult) => void;
}

/** Counters are there at 0 from the start; histograms from the first poll on. */
export function createInstruments(method: AuthenticationMethod): Instruments {
  const registry = new Registry();
  const registers = [registry];
  const polls = new Counter({ ...counted.polls, registers });
  const pollFailures = reasonCounter(counted.pollFailures, pollFailureReasons, registry);
  const authFailures = reasonCounter(counted.authFailures, authFailureReasons, registry);
  const recordTokenRequests = method === 'oauth2' ? tokenInstruments(registry) : () => {};
  const pollDuration = new Histogram({ ...counted.pollDuration, buckets, registers: [] });

  return {
    registry,
    record: ({ outcome, seconds, authentication: { failure, tokenRequests } }) => {
      registry.registerMetric(pollDuration);
      polls.inc();
      if (!outcome.ok) pollFailures.inc({ reason: outcome.failure.reason });
      if (seconds !== undefined) pollDuration.observe(seconds);
      if (failure) authFailures.inc({ reason: failure.reason });
      recordTokenRequests(tokenRequests);
    },
  };
}

function tokenInstruments(registry: Registry): (requests: PollResult['authentication']['tokenRequests']) => void {
  const registers = [registry];
  const requested = new Counter({ ...counted.tokenRequests, registers });
  const failed = reasonCounter(counted.tokenRequestFailures, tokenFailureReasons, registry);
  const duration = new Histogram({ ...counted.tokenRequestDuration, buckets, registers: [] });
  return (requests) => {
    registry.registerMetric(duration);
    for (const { seconds, failure } of requests) {
      requested.inc();
      duration.observe(seconds);
      if (failure) failed.inc({ reason: failure });
    }
  };
}

function reasonCounter(family: CountedFamily, reasons: readonly string[], registry: Registry): Counter<'reason'> {
  const counter = new Counter({ ...family, labelNames: ['reason'] as const, registers: [registry] });
  for (const reason of reasons) counter.inc({ reason }, 0);
  return counter;
}

type Reading = MetricObjectWithValues<MetricValue<string>>;

/** What prom-client's instruments hold at one moment, by family name. */
export type Readings = ReadonlyMap<string, Reading>;

/**
 * Only ever as JSON: rendering OpenMetrics would rename a registry's counters for good, and the text cannot be joined.
 */
export async function readRegistry(registry: Registry): Promise<Readings> {
  // The declared type leaves out the values that are there.
  const readings = (await registry.getMetricsAsJSON()) as Reading[];
  return new Map(readings.map((reading) => [reading.name, reading]));
}

/** The lines of one reading, each with the labels given in front; nothing where there is no reading. */
export function readingLines(reading: Reading | undefined, shared?: Labels): string {
  if (!reading) return '';
  return reading.values
    .map(({ value, labels: own, ...parts }) => {
      const name = 'metricName' in parts && typeof parts.metricName === 'string' ? parts.metricName : reading.name;
      return sample(name, joined(shared, ownLabels(own)), value);
    })
    .join('');
}

function ownLabels(own: MetricValue<string>['labels']): Labels | undefined {
  const pairs = Object.entries(own).map(([name, value]): [string, string] => [
    name,
    name === 'le' ? bucketBound(value ?? '') : String(value),
  ]);
  return pairs.length === 0 ? undefined : labels(Object.fromEntries(pairs));
}

function joined(shared: Labels | undefined, own: Labels | undefined): Labels | '' {
  return shared && own ? and(shared, own) : (shared ?? own ?? '');
}
