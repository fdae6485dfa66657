import { authFailureReasons } from '../auth/failure.ts';
import type { TokenTimes } from '../auth/token.ts';
import { labels } from './exposition.ts';
import { type ClusterFamily, gauge, type StateFamily, seconds, single, zeroOneSet } from './family.ts';
import { counted } from './instruments.ts';

const addReasons = zeroOneSet('reason', authFailureReasons);

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
      if (lastPoll) addReasons(add, failure?.reason);
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
