import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Failure } from '../failure.ts';
import { failureText } from '../failure-text.ts';
import type { GroupView } from '../zeebe/view.ts';
import type { ClusterEvent, EventKind } from './events.ts';
import type { ClusterState } from './state.ts';

/** The events that the log reports as failures and their ends, with a count and a remedy. */
const loggedAsFailures: ReadonlySet<EventKind> = new Set([
  'polls_failing',
  'polls_succeeding',
  'auth_failing',
  'auth_working',
]);

/** Logs the failures of a poll, their end, and the events with the texts of the status page. */
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
    const logged = (each: Failure | undefined) =>
      each && { reason: each.reason, ...failureText(each, state.settingNames) };
    const failure = state.lastPoll?.failure;
    const authFailure = state.authentication.failure;
    // A poll that failed because of authentication is logged once, with the reason of authentication.
    pollFailed(logged(failure?.reason === 'auth' ? (authFailure ?? failure) : failure));
    if (failure?.reason !== 'auth') authFailed(logged(authFailure));

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
    partitionsWithoutLeader: view?.groups.flatMap(partitionsWithoutLeader),
  };
}

/** Returns partition ids, in a physical tenant as `orders/3`. */
function partitionsWithoutLeader({ tenant, partitions }: GroupView): readonly (number | string)[] {
  const ids = partitions.filter(({ leaders }) => leaders.length === 0).map(({ id }) => id);
  return tenant === undefined ? ids : ids.map((id) => `${tenant}/${id}`);
}

/** Milliseconds between two lines about the same failure. */
const minBetweenLines = 5 * 60_000;

/** A failure of a poll, of authentication, or of reading files. */
export interface LoggedFailure {
  readonly reason: string;
  readonly message: string;
  readonly remedy: string;
}

/** The beginnings of the log lines for a failure and for its end. */
export interface FailureWords {
  readonly failed: string;
  readonly recovered: string;
}

/**
 * Logs a failure when it begins, at most every 5 minutes with a count while it lasts, and when it ends. Must be called
 * after every poll, without a failure if there was none.
 */
export function createFailureLog(
  logger: Logger,
  clock: Clock,
  words: FailureWords,
): (failure: LoggedFailure | undefined) => void {
  const lasting = new Map<string, { times: number; loggedAt: number }>();

  return (failure) => {
    if (!failure) {
      if (lasting.size === 0) return;
      logger.info({ failed: total(lasting) }, words.recovered);
      lasting.clear();
      return;
    }
    const { reason, message, remedy } = failure;
    const known = lasting.get(reason) ?? { times: 0, loggedAt: Number.NEGATIVE_INFINITY };
    lasting.set(reason, known);
    known.times++;
    if (clock.monotonic() - known.loggedAt < minBetweenLines) return;
    known.loggedAt = clock.monotonic();
    const repeated = known.times > 1 ? ` (${known.times} times so far)` : '';
    logger.warn({ reason, times: known.times, remedy }, `${words.failed}: ${message}${repeated}; ${remedy}`);
  };
}

function total(lasting: ReadonlyMap<string, { readonly times: number }>): number {
  return [...lasting.values()].reduce((sum, { times }) => sum + times, 0);
}
