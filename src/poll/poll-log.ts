import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { ClusterEvent, EventKind } from './events.ts';
import type { ClusterState } from './state.ts';

/** Events that the log has as failures and their ends, with a count and a remedy. */
const loggedAsFailures: ReadonlySet<EventKind> = new Set([
  'polls_failing',
  'polls_succeeding',
  'auth_failing',
  'auth_working',
]);

/** Logs what a poll showed: failures and their end, and the events in the words of the status page. */
export function createPollLog(
  logger: Logger,
  clock: Clock,
): (state: ClusterState, events: readonly ClusterEvent[]) => void {
  const pollFailed = createFailureLog(logger, clock, { failed: 'poll failed', recovered: 'polls succeed again' });
  const authFailed = createFailureLog(logger, clock, {
    failed: 'authentication is failing',
    recovered: 'authentication works again',
  });

  return (state, events) => {
    const failure = state.lastPoll?.failure;
    if (failure?.reason === 'auth') {
      // Logged once, with the poll that failed, and by its own reason: `auth` stands for many.
      pollFailed(state.authentication.failure ?? failure);
    } else {
      pollFailed(failure);
      authFailed(state.authentication.failure);
    }

    for (const { kind, text } of events) {
      if (loggedAsFailures.has(kind)) continue;
      logger.info({ event: kind, ...(kind === 'verdict_changed' && verdictFacts(state)) }, text);
    }
    logger.debug({ httpStatus: state.lastPoll?.httpStatus, verdict: state.verdict }, 'poll ended');
  };
}

function verdictFacts({ verdict, view }: ClusterState): Readonly<Record<string, unknown>> {
  return {
    verdict,
    brokers: view?.topology.brokers.length,
    clusterSize: view?.topology.clusterSize,
    missingBrokers: view?.missingBrokers,
    partitionsWithoutLeader: view?.partitions.filter(({ leaders }) => leaders.length === 0).map(({ id }) => id),
  };
}

/** Milliseconds between two lines about the same failure. */
const quietFor = 5 * 60_000;

/** What a failure is to the log: of a poll or of authentication. */
export interface LoggedFailure {
  readonly reason: string;
  readonly message: string;
  readonly remedy: string;
}

/** The words for a failure, and for its end. */
export interface FailureWords {
  readonly failed: string;
  readonly recovered: string;
}

/**
 * Logs a failure once, again at most every 5 minutes with a count while it lasts, and its end. To be called after
 * every poll, without a failure where there was none.
 */
export function createFailureLog(
  logger: Logger,
  clock: Clock,
  words: FailureWords,
): (failure: LoggedFailure | undefined) => void {
  const standing = new Map<string, { times: number; loggedAt: number }>();

  return (failure) => {
    if (!failure) {
      if (standing.size > 0) logger.info({ failed: total(standing) }, words.recovered);
      standing.clear();
      return;
    }
    const { reason, message, remedy } = failure;
    const known = standing.get(reason) ?? { times: 0, loggedAt: Number.NEGATIVE_INFINITY };
    standing.set(reason, known);
    known.times++;
    if (clock.monotonic() - known.loggedAt < quietFor) return;
    known.loggedAt = clock.monotonic();
    const repeated = known.times > 1 ? ` (${known.times} times so far)` : '';
    logger.warn({ reason, times: known.times, remedy }, `${words.failed}: ${message}${repeated}; ${remedy}`);
  };
}

function total(standing: ReadonlyMap<string, { readonly times: number }>): number {
  return [...standing.values()].reduce((sum, { times }) => sum + times, 0);
}
