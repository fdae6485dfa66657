import { writeFileSync } from 'node:fs';
import {
  type AuthFailureReason,
  authFailureReasons,
  type PollFailureReason,
  pollFailureReasons,
  tokenFailureReasons,
} from '../src/failure.ts';
import { authenticationFamilies, credentialFamilies, pollFamilies } from '../src/metrics/cluster-families.ts';
import { topologyFamilies } from '../src/metrics/topology-families.ts';
import { type Documented, documentedFamilies } from './metrics-observed.ts';

/** Typed, so that a new reason is not forgotten here. */
const pollReasons: Readonly<Record<PollFailureReason, string>> = {
  auth: 'any of the reasons of authentication below',
  dns: "the host's name is not known",
  connect: 'the connection was refused, not possible, reset or closed in mid-answer, or what answered is not HTTP',
  tls: 'no TLS session: a certificate that is not trusted, has expired or has another name',
  timeout: "no whole answer within the poll's timeout, unless it was spent on the token",
  not_found: '404: a wrong base path, or another API version',
  redirect: 'any 3xx: a login page, or http instead of https',
  rate_limited: '429, or 503 that names RESOURCE_EXHAUSTED',
  http_status: 'any other status than 200',
  content_type: 'an answer that is not JSON by its own account',
  too_large: 'an answer larger than a topology can be',
  malformed: 'not a topology, or one that contradicts itself',
  other: 'anything else',
};

const authReasons: Readonly<Record<AuthFailureReason, string>> = {
  authentication_required: '401, and no credentials are configured',
  credentials_rejected: '401 to user name and password',
  token_rejected: '401 to a new token',
  audience_mismatch: '401 to a new token that is not for the configured audience, or whose audience the answer names',
  forbidden: '403',
  invalid_client: 'the token endpoint does not know the client or its secret',
  invalid_scope: 'the token endpoint refuses the scope',
  token_request_rejected: 'any other 4xx of the token endpoint',
  token_rate_limited: '429 from the token endpoint',
  token_endpoint_unreachable: 'the token endpoint fails: DNS, connection, TLS, 5xx, or the deadline',
  token_response_invalid: 'the token endpoint redirects, or its answer is no token',
  other: 'anything else',
};

/** The page that `npm run docs` writes. */
export async function metricsPage(): Promise<string> {
  const { cluster, exporter } = await documentedFamilies();
  const tableOf = (families: readonly { readonly name: string }[]) =>
    familyTable(cluster.filter(({ name }) => families.some((family) => family.name === name)));
  return `# Metrics

<!-- Written by \`npm run docs\` from src/metrics: change it there. -->

Every series of a monitored cluster has the label \`zeebe_cluster\`, the configured name, left out of the tables. Values
are as of the last poll, and times are Unix time by the exporter's clock. A gauge with a label
\`health\`, \`state\` or \`reason\`, or with the \`role\` of a replica, has a series for each value listed below. At most
one of them is 1.

A failed poll takes a cluster's own series away, and a restart of the exporter all of them for a moment. In rules, put
\`last_over_time(…[5m])\` around them, as [the alerts](alerts.md) do. Counters are there at 0 from the start, with every
reason: a first failure is an increase.

## Polls

${tableOf(pollFamilies)}

## The cluster

${tableOf(topologyFamilies)}

## Authentication

${tableOf(authenticationFamilies)}

## Certificates and files

${tableOf(credentialFamilies)}

## The exporter

These have no label \`zeebe_cluster\`.

${familyTable(exporter)}

The process's own \`process_*\` and \`nodejs_*\` are those of [prom-client](https://github.com/siimon/prom-client), without
two groups: its three gauges with the name of a counter (\`nodejs_active_*_total\`), and the seven statistics of the event
loop's lag (\`nodejs_eventloop_lag_min_seconds\` and the like), which report 1 s on an idle process.
\`nodejs_eventloop_lag_seconds\` is there.

## Values of labels

Where a label is not in this table, its values are the cluster's own: \`broker\` is the broker's id, with its zone where
the cluster has zones; \`partition\` is a number from 1.

${valueTable([...cluster, ...exporter])}

## Why a poll fails

\`reason\` of \`zeebe_topology_poll_failing\` and \`zeebe_topology_poll_failures_total\`:

${reasonTable(pollFailureReasons, pollReasons)}

## Why authentication fails

\`reason\` of \`zeebe_topology_auth_failing\` and \`zeebe_topology_auth_failures_total\`; from \`${tokenFailureReasons[0]}\` on also of
\`zeebe_topology_token_request_failures_total\`:

${reasonTable(authFailureReasons, authReasons)}

## The verdict

\`health\` of \`zeebe_topology_cluster_health\`:

| Verdict | Means |
|---|---|
| \`unknown\` | the last poll failed, or the gateway knows no topology yet |
| \`unhealthy\` | a partition has no leader, or an unhealthy or dead one |
| \`degraded\` | none of that; a broker is missing, a partition has fewer healthy replicas than it should, or a leader's health is unknown |
| \`healthy\` | none of these |
`;
}

function familyTable(families: readonly Documented[]): string {
  const rows = families.map(({ name, type, labels, help, absent }) =>
    [code(name), type, Object.keys(labels).map(code).join(', '), help, absent.join('; ')].join(' | '),
  );
  return table(['Metric', 'Type', 'Labels', 'Meaning', 'Not there'], rows);
}

/** The closed sets, each once, with the metrics whose label it is. */
function valueTable(families: readonly Documented[]): string {
  const metricsOf = new Map<string, readonly string[]>();
  for (const { name, labels } of families) {
    for (const [label, values] of Object.entries(labels)) {
      if (values === 'any') continue;
      const row = `${code(label)} | ${values.map(code).join(' ')}`;
      metricsOf.set(row, [...(metricsOf.get(row) ?? []), code(name)]);
    }
  }
  return table(
    ['Label', 'Values', 'Of'],
    [...metricsOf].map(([row, metrics]) => `${row} | ${metrics.join(', ')}`),
  );
}

function reasonTable<Reason extends string>(
  reasons: readonly Reason[],
  meanings: Readonly<Record<Reason, string>>,
): string {
  return table(
    ['Reason', 'Means'],
    reasons.map((reason) => `${code(reason)} | ${meanings[reason]}`),
  );
}

function table(columns: readonly string[], rows: readonly string[]): string {
  const [header, ...body] = [columns.join(' | '), ...rows].map((row) => `| ${row} |`);
  return [header, `|${'---|'.repeat(columns.length)}`, ...body].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

if (import.meta.filename === process.argv[1]) {
  writeFileSync(new URL('metrics.md', import.meta.url), await metricsPage());
}
