import type { AuthenticationMethod } from '../config/config.ts';
import { authFailureReasons, pollFailureReasons, tokenFailureReasons } from '../failure.ts';
import type { PollResult } from '../poll/poll.ts';
import { addSample, bucketBound, type CountedFamily, joinLabels, type Labels, labels } from './family.ts';

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
  readonly lines: () => LinesByFamily;
}

export type LinesByFamily = ReadonlyMap<string, string>;

/**
 * Counters exist at 0 for every reason from the start, histograms from the first poll on. `cluster` is the label of the
 * cluster. They are not those of prom-client, whose values take longer to read than the rest of the page of a small
 * cluster takes to render.
 */
export function createCounters(method: AuthenticationMethod, cluster: Labels): Counters {
  const polls = createCounter(counted.polls, cluster);
  const pollFailures = createReasonCounter(counted.pollFailures, cluster, pollFailureReasons);
  const authFailures = createReasonCounter(counted.authFailures, cluster, authFailureReasons);
  const pollDuration = createHistogram(counted.pollDuration, cluster);
  const tokens = method === 'oauth2' ? createTokenCounters(cluster) : undefined;
  const counters = [polls, pollFailures, authFailures, ...(tokens?.counters ?? [])];
  const histograms = [pollDuration, ...(tokens?.histograms ?? [])];
  const text = new Map<string, string>();
  let hasPolled = false;

  return {
    record: ({ outcome, seconds, authentication: { failure, tokenRequests } }) => {
      hasPolled = true;
      polls.add();
      if (!outcome.ok) pollFailures.add(outcome.failure.reason);
      if (seconds !== undefined) pollDuration.observe(seconds);
      if (failure) authFailures.add(failure.reason);
      tokens?.record(tokenRequests);
    },
    lines: () => {
      for (const { name, lines } of hasPolled ? [...counters, ...histograms] : counters) text.set(name, lines());
      return text;
    },
  };
}

function createTokenCounters(cluster: Labels) {
  const requests = createCounter(counted.tokenRequests, cluster);
  const failures = createReasonCounter(counted.tokenRequestFailures, cluster, tokenFailureReasons);
  const duration = createHistogram(counted.tokenRequestDuration, cluster);
  return {
    counters: [requests, failures],
    histograms: [duration],
    record: (sent: PollResult['authentication']['tokenRequests']) => {
      for (const { seconds, failure } of sent) {
        requests.add();
        duration.observe(seconds);
        if (failure) failures.add(failure);
      }
    },
  };
}

/**
 * What is counted of one family. Its lines are written again only after a change: in most polls, those of two of seven.
 */
interface Counted {
  readonly name: string;
  readonly lines: () => string;
}

interface Counter extends Counted {
  readonly add: () => void;
}

interface ReasonCounter<Reason> extends Counted {
  readonly add: (reason: Reason) => void;
}

interface Histogram extends Counted {
  readonly observe: (seconds: number) => void;
}

function createCounter({ name }: CountedFamily, cluster: Labels): Counter {
  let count = 0;
  const { lines, changed } = createLines((pieces) => addSample(pieces, name, cluster, count));
  return {
    name,
    lines,
    add: () => {
      count++;
      changed();
    },
  };
}

function createReasonCounter<Reason extends string>(
  { name }: CountedFamily,
  cluster: Labels,
  reasons: readonly Reason[],
): ReasonCounter<Reason> {
  const counts = new Map(reasons.map((reason) => [reason, 0]));
  const { lines, changed } = createLines((pieces) => {
    for (const [reason, count] of counts) addSample(pieces, name, joinLabels(cluster, labels({ reason })), count);
  });
  return {
    name,
    lines,
    add: (reason) => {
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
      changed();
    },
  };
}

/** Upper bounds in seconds. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, Number.POSITIVE_INFINITY];
const bucketLabels = buckets.map((bound) => labels({ le: bucketBound(bound) }));

function createHistogram({ name }: CountedFamily, cluster: Labels): Histogram {
  /** Of each bucket, the values that are in no smaller one. */
  const counts = buckets.map(() => 0);
  let sum = 0;
  const { lines, changed } = createLines((pieces) => {
    let total = 0;
    for (const [bucket, label] of bucketLabels.entries()) {
      total += counts[bucket] ?? 0;
      addSample(pieces, `${name}_bucket`, joinLabels(cluster, label), total);
    }
    addSample(pieces, `${name}_sum`, cluster, sum);
    addSample(pieces, `${name}_count`, cluster, total);
  });
  return {
    name,
    lines,
    observe: (seconds) => {
      const bucket = buckets.findIndex((bound) => seconds <= bound);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      sum += seconds;
      changed();
    },
  };
}

function createLines(write: (pieces: string[]) => void): Pick<Counted, 'lines'> & { readonly changed: () => void } {
  let text: string | undefined;
  return {
    lines: () => {
      if (text === undefined) {
        const pieces: string[] = [];
        write(pieces);
        text = pieces.join('');
      }
      return text;
    },
    changed: () => {
      text = undefined;
    },
  };
}
