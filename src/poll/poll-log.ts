import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { ClusterEvent, EventKind } from './events.ts';
import { createFailureLog } from './failure-log.ts';
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
