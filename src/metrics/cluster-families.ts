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
  zeroOneSet,
} from './family.ts';

const addPollReasons = zeroOneSet('reason', pollFailureReasons);

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
      if (lastPoll) addPollReasons(add, lastPoll.failure?.reason);
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

const addAuthReasons = zeroOneSet('reason', authFailureReasons);

export const authenticationFamilies: readonly ClusterFamily[] = [
  gauge(
    'zeebe_topology_auth_info',
    'Method of authentication configured for the cluster; always 1.',
    ({ lastPoll, method }, add) => {
      if (lastPoll) add(1, labels({ method }));
    },
  ),
  single(
    'zeebe_topology_auth_up',
    'Whether the cluster took the credentials (1) or refused them, or no token was to be had (0), when last decided.',
    ({ authentication: { up } }) => (up === undefined ? undefined : Number(up)),
  ),
  gauge(
    'zeebe_topology_auth_failing',
    'What is wrong with authentication as of the last poll (1 for the reason), also where the old token still works.',
    ({ lastPoll, authentication: { failure } }, add) => {
      if (lastPoll) addAuthReasons(add, failure?.reason);
    },
  ),
  counted.authFailures,
  ofToken(
    'zeebe_topology_token_expiry_timestamp_seconds',
    'When the access token in use expires, in Unix time; absent where the token does not tell it.',
    ({ expiresAt }) => expiresAt,
  ),
  ofToken(
    'zeebe_topology_token_obtained_timestamp_seconds',
    'When the access token in use was obtained, in Unix time.',
    ({ obtainedAt }) => obtainedAt,
  ),
  ofToken(
    'zeebe_topology_token_lifetime_seconds',
    'Lifetime of the access token in use; absent where the token does not tell it.',
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

/** What the way to the cluster and to its identity provider rests on, and does not last for ever. */
export const credentialFamilies: readonly ClusterFamily[] = [
  gauge(
    'zeebe_topology_tls_certificate_expiry_timestamp_seconds',
    'When the first certificate of a chain expires, in Unix time: of the chain that a server showed last, also where ' +
      'it was refused, or of the one configured for the client.',
    (state, add) => {
      for (const [name, own] of certificates) {
        const expiry = state.certificates[name];
        if (expiry !== undefined) add(seconds(expiry), own);
      }
    },
  ),
  single(
    'zeebe_topology_files_last_read_successful',
    'Whether the last poll used what the files of the cluster hold (1), or what they held before, because one of them ' +
      'cannot be read or used (0); only where the settings name files.',
    ({ filesRead }) => (filesRead === undefined ? undefined : Number(filesRead)),
  ),
];
