import { highest, lowest } from '../../prometheus/expressions.ts';
import { bars, lines, stat, timeline } from '../graphs.ts';
import { rowToCluster, runbook, seriesToCluster } from '../links.ts';
import { thresholds } from '../panel.ts';
import { increase, ofCluster } from '../queries.ts';
import { credentialStates } from '../states.ts';
import { table } from '../tables.ts';
import { perMinute, quantile, tokenLeft, tokenLeftAtEnd } from './expressions.ts';

const tokenRunbooks = [runbook('TokenNotRenewed'), runbook('TokenExpired'), runbook('TokenEndpointFailing')];
const expired = thresholds('red', { value: 0, color: 'green' });
const lifetime = lowest(ofCluster('zeebe_topology_token_lifetime_seconds'));
const requestFailures = 'zeebe_topology_token_request_failures_total';

const failedRequests = `sum without (reason) (${highest(increase(ofCluster(requestFailures)))})`;

export const tokens = () =>
  table({
    title: 'Tokens',
    description:
      'The access tokens of clusters with OAuth 2. Time to expiry counts from the end of the last poll; below 0 the token has expired and was not renewed. Empty if the token has no expiry.',
    width: 24,
    height: 7,
    labels: [
      { title: 'Cluster', label: 'zeebe_cluster', dataLink: rowToCluster },
      { title: 'Job', label: 'job' },
    ],
    values: [
      { title: 'Time to expiry', expr: tokenLeft, unit: 's', decimals: 0, thresholds: expired },
      { title: 'Lifetime', expr: lifetime, unit: 's', decimals: 0 },
      {
        title: 'Requests in the time range',
        expr: highest(increase(ofCluster('zeebe_topology_token_requests_total'))),
        unit: 'short',
        decimals: 0,
      },
      { title: 'Failed requests', expr: failedRequests, unit: 'short', decimals: 0 },
    ],
    sortBy: 'Time to expiry',
    noValue: '–',
    links: tokenRunbooks,
  });

export const tokensNextToExpire = () =>
  lines({
    title: 'Token time to expiry, 10 shortest',
    description:
      'At the end of each poll, of the tokens that are the next to expire at the end of the time range. Below 0: the token has expired and was not renewed. Empty if no cluster uses OAuth 2.',
    width: 12,
    height: 8,
    unit: 's',
    queries: [{ expr: `${tokenLeft} and bottomk(10, ${tokenLeftAtEnd})`, legend: '{{zeebe_cluster}}' }],
    dataLink: seriesToCluster,
    links: tokenRunbooks,
  });

export const tokenRequestFailures = () =>
  bars({
    title: 'Failed token requests per minute, by reason',
    description: 'Of the exporter with the most failures. No bar: no request failed.',
    width: 12,
    height: 8,
    unit: 'cpm',
    queries: [{ expr: perMinute(ofCluster(requestFailures)), legend: '{{zeebe_cluster}}: {{reason}}' }],
    links: tokenRunbooks,
  });

export const allTokenRequestFailures = () =>
  bars({
    title: 'Failed token requests per minute of all clusters, by reason',
    description: 'Of each cluster, the exporter with the most failures counts. No bar: no request failed.',
    width: 12,
    height: 8,
    unit: 'cpm',
    queries: [{ expr: `sum by (reason) (${perMinute(ofCluster(requestFailures))})`, legend: '{{reason}}' }],
    links: tokenRunbooks,
  });

export const tokenExpiryNow = () =>
  stat({
    title: 'Token time to expiry',
    description:
      'Time until the access token expires, from the end of the last poll. Below 0: it has expired and was not renewed.',
    width: 4,
    height: 4,
    queries: [{ expr: tokenLeft, legend: '{{zeebe_cluster}}' }],
    unit: 's',
    thresholds: expired,
    noValue: 'No token',
    links: tokenRunbooks,
  });

export const method = () =>
  table({
    title: 'Authentication',
    description:
      'How the exporter authenticates, whether the cluster accepted the credentials as last observed, and the token.',
    width: 24,
    height: 4,
    labels: [
      { title: 'Cluster', label: 'zeebe_cluster' },
      { title: 'Job', label: 'job' },
      { title: 'Method', label: 'method' },
    ],
    values: [
      { expr: highest(ofCluster('zeebe_topology_auth_info')) },
      { title: 'Credentials', expr: highest(ofCluster('zeebe_topology_auth_up')), states: credentialStates },
      { title: 'Token lifetime', expr: lifetime, unit: 's', decimals: 0 },
      {
        title: 'Token age',
        expr: `time() - ${highest(ofCluster('zeebe_topology_token_obtained_timestamp_seconds'))}`,
        unit: 's',
        decimals: 0,
      },
    ],
    sortBy: 'Cluster',
    noValue: '–',
  });

export const credentials = () =>
  timeline({
    title: 'Credentials',
    description: 'Whether the cluster accepted the credentials of any exporter, as last observed.',
    width: 24,
    height: 4,
    queries: [{ expr: highest(ofCluster('zeebe_topology_auth_up')), legend: '{{zeebe_cluster}}' }],
    states: credentialStates,
    links: [runbook('CredentialsRejected'), runbook('TokenRejected'), runbook('AudienceMismatch')],
  });

export const tokenLifetime = () =>
  lines({
    title: 'Token time to expiry and lifetime',
    description:
      'Time until the access token expires, from the end of the last poll, and its lifetime. Below 0: it has expired and was not renewed. Empty: there is no token, or it has no expiry.',
    width: 12,
    height: 8,
    unit: 's',
    queries: [
      { expr: tokenLeft, legend: '{{zeebe_cluster}}: time to expiry' },
      { expr: lifetime, legend: '{{zeebe_cluster}}: lifetime' },
    ],
    links: tokenRunbooks,
  });

export const authenticationFailures = () =>
  bars({
    title: 'Authentication failures per minute, by reason',
    description: 'Polls with an authentication failure, of the exporter with the most. No bar: no failure.',
    width: 12,
    height: 8,
    unit: 'cpm',
    queries: [
      { expr: perMinute(ofCluster('zeebe_topology_auth_failures_total')), legend: '{{zeebe_cluster}}: {{reason}}' },
    ],
    links: tokenRunbooks,
  });

export const tokenRequestDurations = () =>
  lines({
    title: 'Token request duration',
    description: '50th and 95th percentile of the slowest exporter. A gap: no token was requested.',
    width: 12,
    height: 8,
    unit: 's',
    min: 0,
    queries: [0.5, 0.95].map((share) => ({
      expr: quantile(share, 'zeebe_topology_token_request_duration_seconds'),
      legend: `{{zeebe_cluster}}: ${share * 100} %`,
    })),
  });
