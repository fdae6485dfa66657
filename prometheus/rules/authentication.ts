import { type AuthFailureReason, tokenFailureReasons } from '../../src/failure.ts';
import { hasWaitedForToken, highest, last, lowest, oneOf, reached, seen, tokenLeft } from '../expressions.ts';
import type { Thresholds } from '../thresholds.ts';
import { type Alerts, cluster } from './alert.ts';

/** Alerts on the authentication of the exporter at the clusters, and on certificates. */
export const authenticationAlerts: Alerts = (thresholds) => [
  {
    name: 'CredentialsRejected',
    severity: 'warning',
    expr: failing(thresholds, [
      'authentication_required',
      'credentials_rejected',
      'forbidden',
      'invalid_client',
      'invalid_scope',
      'token_request_rejected',
    ]),
    summary: 'The credentials for a Zeebe cluster are rejected.',
    description: notMonitored('the credentials configured for the exporter are rejected ({{ $labels.reason }})'),
  },
  {
    name: 'TokenRejected',
    severity: 'critical',
    expr: failing(thresholds, ['token_rejected']),
    summary: 'A Zeebe cluster rejects new tokens.',
    description: notMonitored(
      "it rejects a token that its identity provider has just issued, and may reject other clients' tokens as well",
    ),
  },
  {
    name: 'AudienceMismatch',
    severity: 'warning',
    expr: failing(thresholds, ['audience_mismatch']),
    summary: 'The token for a Zeebe cluster has the wrong audience.',
    description: notMonitored('it rejects a new token, whose audience is not the expected one'),
  },
  {
    name: 'TokenEndpointFailing',
    severity: 'critical',
    expr: failing(thresholds, ['token_endpoint_unreachable', 'token_response_invalid', 'other']),
    summary: 'The identity provider of a Zeebe cluster issues no tokens.',
    description: notMonitored(
      'its token endpoint fails ({{ $labels.reason }}); other clients probably get no tokens there either',
    ),
  },
  {
    name: 'TokenRateLimited',
    severity: 'warning',
    expr: `${failing(thresholds, ['token_rate_limited'])}
    and ignoring (reason) (${hasWaitedForToken(thresholds)})`,
    summary: 'Token requests for a Zeebe cluster are rate-limited.',
    description: notMonitored(
      "the identity provider, or the exporter's own limit, delays the token request, and the exporter has no valid token",
    ),
  },
  {
    name: 'TokenNotRenewed',
    severity: 'warning',
    expr: lowest(
      [
        `${tokenLeft(thresholds)} > 0`,
        `and max without (reason) (${last(authFailing(tokenFailureReasons), thresholds)}) == 1`,
        `and ${last('zeebe_topology_up', thresholds)} == 1`,
      ].join(' '),
    ),
    summary: 'The token for a Zeebe cluster is about to expire and cannot be renewed.',
    description:
      `The token for ${cluster} is valid for another {{ $value | humanizeDuration }}, and every attempt to renew it ` +
      'fails.',
  },
  {
    name: 'TokenExpired',
    severity: 'warning',
    // Compares two timestamps of the exporter, as a token may live shorter than the time from one poll to the next.
    expr: `-${highest(tokenLeft(thresholds))} > 0`,
    summary: 'The token for a Zeebe cluster has expired and cannot be renewed.',
    description: `At the last poll, the token for ${cluster} had been expired for {{ $value | humanizeDuration }}.`,
  },
  {
    name: 'CertificateExpiring',
    severity: 'warning',
    // The label endpoint distinguishes the cluster from the identity provider and is kept. If the Prometheus Operator
    // sets a target label of that name, the exporter's becomes exported_endpoint, which is kept too.
    expr: `
      min without (instance, pod, container) (
        ${last('zeebe_topology_tls_certificate_expiry_timestamp_seconds', thresholds)}
      ) - time() < ${thresholds.certificateSeconds}`,
    summary: 'A certificate between the exporter and a Zeebe cluster expires soon.',
    description:
      'The {{ $labels.role }} certificate for the {{ with $labels.exported_endpoint }}{{ . }}{{ else }}' +
      `{{ $labels.endpoint }}{{ end }} endpoint of ${cluster} expires in {{ $value | humanizeDuration }}.`,
  },
];

function authFailing(reasons: readonly AuthFailureReason[]): string {
  return `zeebe_topology_auth_failing{${oneOf('reason', reasons)}}`;
}

/** One of the reasons occurred within the lookback, and no poll succeeded. Alternating reasons do not hide it. */
function failing(thresholds: Thresholds, reasons: readonly AuthFailureReason[]): string {
  return `
    ${highest(seen(authFailing(reasons), thresholds))} == 1
    and ignoring (reason) ${reached(thresholds)} == 0`;
}

function notMonitored(why: string): string {
  return `No poll of ${cluster} succeeds: ${why}.`;
}
