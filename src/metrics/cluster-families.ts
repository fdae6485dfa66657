import type { TokenTimes } from '../auth/token.ts';
import { authFailureReasons, pollFailureReasons } from '../failure.ts';
import type { CertificateExpiries } from '../poll/poll.ts';
import { counted } from './counters.ts';
import {
  type ClusterFamily,
  gauge,
  type Labels,
  labels,
  type StateFamily,
  seconds,
  single,
  stateSet,
} from './family.ts';

const addPollReasons = stateSet('reason', pollFailureReasons);

export const pollFamilies: readonly ClusterFamily[] = [
  single('zeebe_topology_up', 'Whether the last poll of the cluster succeeded (1) or failed (0).', ({ lastPoll }) =>
    lastPoll ? Number(!lastPoll.failure) : undefined,
  ),
  counted.polls,
  counted.pollFailures,
  gauge(
    'zeebe_topology_poll_failing',
    'Reason why the last poll failed (1 for that reason); all 0 after a success.',
    ({ lastPoll }, add) => {
      if (lastPoll) addPollReasons(add, lastPoll.failure?.reason);
    },
    ({ lastPoll }) => lastPoll && (lastPoll.failure?.reason ?? ''),
  ),
  counted.pollDuration,
  single(
    'zeebe_topology_last_poll_timestamp_seconds',
    'End of the last poll, in Unix time.',
    ({ lastPoll }) => lastPoll && seconds(lastPoll.endedAt),
  ),
  single(
    'zeebe_topology_last_success_timestamp_seconds',
    'End of the last successful poll, in Unix time; absent before the first one.',
    ({ lastSuccessAt }) => (lastSuccessAt === undefined ? undefined : seconds(lastSuccessAt)),
  ),
  single(
    'zeebe_topology_last_http_status_code',
    'HTTP status code of the last response of the cluster; absent if the last poll received none.',
    ({ lastPoll }) => lastPoll?.httpStatus,
  ),
  single('zeebe_topology_poll_interval_seconds', 'Configured interval between polls.', ({ pollInterval }) =>
    seconds(pollInterval),
  ),
];

export const labelFamilies: readonly ClusterFamily[] = [
  gauge(
    'zeebe_topology_cluster_labels',
    'Labels configured for the cluster, to join on; always 1.',
    ({ labels: configured }, add) => {
      if (Object.keys(configured).length > 0) add(1, labels(configured));
    },
    ({ labels: configured }) => configured,
  ),
];

const addAuthReasons = stateSet('reason', authFailureReasons);

export const authenticationFamilies: readonly ClusterFamily[] = [
  gauge(
    'zeebe_topology_auth_info',
    'Authentication method configured for the cluster; always 1.',
    ({ lastPoll, method }, add) => {
      if (lastPoll) add(1, labels({ method }));
    },
    ({ lastPoll, method }) => lastPoll && method,
  ),
  single(
    'zeebe_topology_auth_up',
    'Whether the cluster accepted the credentials (1), or it rejected them or no token could be obtained (0), as last ' +
      'observed.',
    ({ authentication: { up } }) => (up === undefined ? undefined : Number(up)),
  ),
  gauge(
    'zeebe_topology_auth_failing',
    'Reason why authentication fails as of the last poll (1 for that reason), also while the previous token still works.',
    ({ lastPoll, authentication: { failure } }, add) => {
      if (lastPoll) addAuthReasons(add, failure?.reason);
    },
    ({ lastPoll, authentication: { failure } }) => lastPoll && (failure?.reason ?? ''),
  ),
  counted.authFailures,
  ofToken(
    'zeebe_topology_token_expiry_timestamp_seconds',
    'When the access token in use expires, in Unix time; absent if unknown.',
    ({ expiresAt }) => expiresAt,
  ),
  ofToken(
    'zeebe_topology_token_obtained_timestamp_seconds',
    'When the access token in use was obtained, in Unix time.',
    ({ obtainedAt }) => obtainedAt,
  ),
  ofToken(
    'zeebe_topology_token_lifetime_seconds',
    'Lifetime of the access token in use; absent if unknown.',
    ({ lifetime }) => lifetime,
  ),
  counted.tokenRequests,
  counted.tokenRequestFailures,
  counted.tokenRequestDuration,
];

function ofToken(name: string, help: string, time: (token: TokenTimes) => number | undefined): StateFamily {
  return single(name, help, ({ authentication: { token } }) => {
    const milliseconds = token && time(token);
    return milliseconds === undefined ? undefined : seconds(milliseconds);
  });
}

const certificates: readonly (readonly [keyof CertificateExpiries, Labels])[] = [
  ['clusterServer', labels({ endpoint: 'cluster', role: 'server' })],
  ['clusterClient', labels({ endpoint: 'cluster', role: 'client' })],
  ['tokenServer', labels({ endpoint: 'token', role: 'server' })],
  ['tokenClient', labels({ endpoint: 'token', role: 'client' })],
];

/** The certificates and files that the connections to the cluster and to its identity provider use. */
export const credentialFamilies: readonly ClusterFamily[] = [
  gauge(
    'zeebe_topology_tls_certificate_expiry_timestamp_seconds',
    'Earliest expiry of the certificates of a chain, in Unix time: of the chain that the server presented last, even ' +
      'if it was rejected, or of the one configured for the client.',
    (state, add) => {
      for (const [name, own] of certificates) {
        const expiry = state.certificates[name];
        if (expiry !== undefined) add(seconds(expiry), own);
      }
    },
  ),
  single(
    'zeebe_topology_files_last_read_successful',
    'Whether the last poll used the current contents of the files of the cluster (1), or their previous contents ' +
      'because one of them could not be read or used (0); only if the settings name files.',
    ({ filesRead }) => (filesRead === undefined ? undefined : Number(filesRead)),
  ),
];
