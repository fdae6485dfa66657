import { type AuthFailureReason, tokenFailureReasons } from '../../src/failure.ts';
import { highest, last, lowest, oneOf, reached, seen, tokenLeft } from '../expressions.ts';
import type { Thresholds } from '../thresholds.ts';
import { type Alerts, cluster } from './alert.ts';

/** Whether the exporter still gets past the authentication in front of a cluster. */
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
    summary: 'The credentials for a Zeebe cluster are refused.',
    description: notWatched('what is configured for the exporter is refused ({{ $labels.reason }})'),
  },
  {
    name: 'TokenRejected',
    severity: 'critical',
    expr: failing(thresholds, ['token_rejected']),
    summary: 'A Zeebe cluster refuses new tokens.',
    description: notWatched(
      "it refuses a token that its identity provider has just given; other clients' tokens may fare no better",
    ),
  },
  {
    name: 'AudienceMismatch',
    severity: 'warning',
    expr: failing(thresholds, ['audience_mismatch']),
    summary: 'The token for a Zeebe cluster has the wrong audience.',
    description: notWatched('it refuses a new token, whose audience is not the one expected'),
  },
  {
    name: 'TokenEndpointFailing',
    severity: 'critical',
    expr: failing(thresholds, ['token_endpoint_unreachable', 'token_response_invalid', 'other']),
    summary: 'The identity provider of a Zeebe cluster gives no tokens.',
    description: notWatched(
      'its token endpoint fails ({{ $labels.reason }}); other clients get no tokens there either, as it seems',
    ),
  },
  {
    name: 'TokenRateLimited',
    severity: 'warning',
    expr: failing(thresholds, ['token_rate_limited']),
    summary: 'The identity provider of a Zeebe cluster limits token requests.',
    description: notWatched('its token endpoint answers 429 to the exporter, and there is no token left'),
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
    summary: 'The token for a Zeebe cluster is about to expire and is not renewed.',
    description:
      `The token for ${cluster} still works and has {{ $value | humanizeDuration }} left; every attempt to renew it ` +
      'fails.',
  },
  {
    name: 'TokenExpired',
    severity: 'warning',
    // By the exporter's own clock: a token may well live shorter than the time from one poll to the next.
    expr: `-${highest(tokenLeft(thresholds))} > 0`,
    summary: 'The token for a Zeebe cluster has expired and is not renewed.',
    description: `At the last poll, the token for ${cluster} had been expired for {{ $value | humanizeDuration }}.`,
  },
  {
    name: 'CertificateExpiring',
    severity: 'warning',
    // The label endpoint tells the cluster's from the identity provider's and is kept. Where the Prometheus Operator
    // gives targets a label of that name, the exporter's becomes exported_endpoint, which is kept too.
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

/** One of the reasons was seen, and nothing succeeded, within the lookback: reasons that take turns do not hide it. */
function failing(thresholds: Thresholds, reasons: readonly AuthFailureReason[]): string {
  return `
    ${highest(seen(authFailing(reasons), thresholds))} == 1
    and ignoring (reason) ${reached(thresholds)} == 0`;
}

function notWatched(why: string): string {
  return `No poll of ${cluster} succeeds: ${why}.`;
}
