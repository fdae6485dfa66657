/** Which runbook helps with a problem. */

/**
 * @import { AuthFailureReason } from '../../failure.ts'
 * @import { ClusterSummary } from '../../status/cluster-summary.ts'
 * @import { Problem } from './words.js'
 */

const folder = 'https://github.com/zeebe-topology-exporter/zeebe-topology-exporter/blob/main/docs/runbooks/';

/** The alerts for problems that polls observe. */
const ofKind = /** @type {const} */ ({
  partition_without_leader: 'PartitionWithoutLeader',
  leader_unhealthy: 'PartitionLeaderUnhealthy',
  leader_health_unknown: 'ClusterDegraded',
  broker_missing: 'BrokerMissing',
  replication_below_factor: 'ReplicationBelowFactor',
  topology_unknown: 'ClusterUnknown',
});

/** The alerts for failures of authentication. @type {Readonly<Record<AuthFailureReason, string>>} */
const ofAuthFailure = {
  authentication_required: 'CredentialsRejected',
  credentials_rejected: 'CredentialsRejected',
  forbidden: 'CredentialsRejected',
  invalid_client: 'CredentialsRejected',
  invalid_scope: 'CredentialsRejected',
  token_request_rejected: 'CredentialsRejected',
  token_rejected: 'TokenRejected',
  audience_mismatch: 'AudienceMismatch',
  token_rate_limited: 'TokenRateLimited',
  token_endpoint_unreachable: 'TokenEndpointFailing',
  token_response_invalid: 'TokenEndpointFailing',
  other: 'TokenEndpointFailing',
};

/**
 * Returns the URL of the runbook; undefined if no alert reports the problem.
 *
 * @param {Problem} problem
 * @param {ClusterSummary} cluster
 * @returns {string | undefined}
 */
export function runbookOf({ kind }, { authentication }) {
  const alert = alertFor(kind, authentication.failure?.reason);
  return alert && `${folder}ZeebeTopology${alert}.md`;
}

/**
 * @param {Problem['kind']} kind
 * @param {AuthFailureReason | undefined} authFailure
 */
function alertFor(kind, authFailure) {
  switch (kind) {
    case 'not_polled':
    case 'series_limited':
      return undefined;
    case 'auth_failing':
      return 'TokenNotRenewed';
    case 'poll_failed':
      return authFailure ? ofAuthFailure[authFailure] : 'ClusterUnreachable';
    default:
      return ofKind[kind];
  }
}
