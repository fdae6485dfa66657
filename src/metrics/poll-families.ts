import { pollFailureReasons } from '../poll/failure.ts';
import { type ClusterFamily, gauge, seconds, single, zeroOneSet } from './family.ts';
import { counted } from './instruments.ts';

const addReasons = zeroOneSet('reason', pollFailureReasons);

export const pollFamilies: readonly ClusterFamily[] = [
  single('zeebe_topology_up', 'Whether the last poll of the cluster succeeded (1) or failed (0).', ({ lastPoll }) =>
    lastPoll ? Number(!lastPoll.failure) : undefined,
  ),
  counted.polls,
  counted.pollFailures,
  gauge(
    'zeebe_topology_poll_failing',
    'Why the last poll failed (1 for the reason); all 0 after a success.',
    ({ lastPoll }, add) => {
      if (lastPoll) addReasons(add, lastPoll.failure?.reason);
    },
  ),
  counted.pollDuration,
  single(
    'zeebe_topology_last_poll_timestamp_seconds',
    'End of the last poll, in Unix time.',
    ({ lastPoll }) => lastPoll && seconds(lastPoll.endedAt),
  ),
  single(
    'zeebe_topology_last_success_timestamp_seconds',
    'End of the last successful poll, in Unix time; absent until there is one.',
    ({ lastSuccessAt }) => (lastSuccessAt === undefined ? undefined : seconds(lastSuccessAt)),
  ),
  single(
    'zeebe_topology_last_http_status_code',
    'HTTP status of the last answer of the cluster; absent where the last poll got none.',
    ({ lastPoll }) => lastPoll?.httpStatus,
  ),
  single('zeebe_topology_poll_interval_seconds', 'The configured time from one poll to the next.', ({ pollInterval }) =>
    seconds(pollInterval),
  ),
];
