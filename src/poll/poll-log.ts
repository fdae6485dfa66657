import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { LeaderChange } from '../zeebe/leaders.ts';
import { createFailureLog } from './failure-log.ts';
import type { ClusterState } from './state.ts';

/** A large cluster moves thousands at once. */
const leadersTold = 10;

/** Says in the log what a poll brought: failures and their end, verdicts that changed, leaders that moved. */
export function createPollLog(logger: Logger, clock: Clock): (previous: ClusterState, state: ClusterState) => void {
  const pollFailed = createFailureLog(logger, clock, { failed: 'poll failed', recovered: 'polls succeed again' });
  const authFailed = createFailureLog(logger, clock, {
    failed: 'authentication is failing',
    recovered: 'authentication works again',
  });

  return (previous, state) => {
    const failure = state.lastPoll?.failure;
    if (failure?.reason === 'auth') {
      // Told once, with the poll that it failed, and by its own reason: `auth` stands for many.
      pollFailed(state.authentication.failure ?? failure);
    } else {
      pollFailed(failure);
      authFailed(state.authentication.failure);
    }

    const { topology, missingBrokers = [], partitions = [] } = state.view ?? {};
    if (topology && (state.verdict !== previous.verdict || !previous.lastSuccessAt)) {
      const facts = {
        verdict: state.verdict,
        brokers: topology.brokers.length,
        clusterSize: topology.clusterSize,
        missingBrokers,
        partitionsWithoutLeader: partitions.filter(({ leaders }) => leaders.length === 0).map(({ id }) => id),
      };
      logger.info(facts, `the cluster is ${state.verdict}`);
    }
    if (state.leaderChanges.length > 0) logger.info(leadersMoved(state.leaderChanges));
    logger.debug({ httpStatus: state.lastPoll?.httpStatus, verdict: state.verdict }, 'poll ended');
  };
}

function leadersMoved(changes: readonly LeaderChange[]): string {
  const told = changes
    .slice(0, leadersTold)
    .map(({ partition, from, to }) => `partition ${partition} from broker ${from} to ${to}`);
  const more = changes.length > leadersTold ? `, and ${changes.length - leadersTold} more` : '';
  return `leaders moved: ${told.join(', ')}${more}`;
}
