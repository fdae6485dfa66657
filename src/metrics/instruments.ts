import { Counter, Histogram, Registry } from 'prom-client';
import { authFailureReasons, tokenFailureReasons } from '../auth/failure.ts';
import type { AuthenticationMethod } from '../config/config.ts';
import { pollFailureReasons } from '../poll/failure.ts';
import type { PollResult } from '../poll/poll.ts';
import type { CountedFamily } from './family.ts';

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
