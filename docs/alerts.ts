import { writeFileSync } from 'node:fs';
import { alertGroups } from '../prometheus/rules.ts';
import { type AlertName, defaultThresholds as thresholds } from '../prometheus/thresholds.ts';

const { lookback } = thresholds;

/** The record type makes the compiler reject a missing alert. */
const explained: Readonly<Record<AlertName, { readonly when: string; readonly assumes: string }>> = {
  ExporterDown: {
    when: 'no exporter is scraped successfully',
    assumes:
      'this Prometheus is supposed to scrape an exporter; otherwise remove the alert. With several installations, it fires only if all of them are down: add an [alert for each](prometheus.md#several-installations)',
  },
  ExporterTargetDown: {
    when: `a target that was scraped as an exporter within the last ${thresholds.exporterRemembered} cannot be scraped`,
    assumes: 'service discovery drops a target that was removed on purpose',
  },
  ClusterNotWatched: {
    when: `a cluster was exposed by an exporter ${thresholds.clusterRemembered} ago and is no longer`,
    assumes: `the alert may fire for ${thresholds.clusterRemembered} after a cluster was removed on purpose`,
  },
  PollerStuck: {
    when: `the last poll ended more than ${thresholds.pollAgeSeconds} s and three poll intervals ago`,
    assumes:
      'the clocks of exporter and Prometheus differ by less than a minute; the poll timeout is at most the interval',
  },
  ReloadFailed: {
    when: 'the last reload of the configuration or of the web configuration failed',
    assumes: 'nothing',
  },
  FilesNotRead: { when: 'a file named in the settings of a cluster cannot be read or used', assumes: 'nothing' },
  SeriesLimited: {
    when: 'the series of a cluster exceed `max_series` or `max_series_total`',
    assumes: 'nothing. Alerts on single partitions of that cluster do not fire; its runbook lists those that do',
  },
  ExporterCertificateExpiring: {
    when: `the exporter's own certificate expires within ${days(thresholds.certificateSeconds)} days`,
    assumes: 'certificates are renewed when a third of their lifetime is left, for example 30 of 90 days',
  },
  DiscoveryFailing: {
    when: 'the last refresh of a provider of discovery failed, or found something that cannot be used',
    assumes: 'previous clusters stay in use, so it can wait for working hours',
  },
  NoLeader: {
    when: 'no exporter that is scraped leads, of all or of a shard',
    assumes: `exporters in the same job and namespace take part in the same election ([several installations](prometheus.md#several-installations)); a leader that disappears counts as one for ${lookback} more`,
  },
  ShardMissing: {
    when: 'exporters of fewer shards are scraped than there are shards',
    assumes: `exporters in the same job and namespace divide the same clusters ([several installations](prometheus.md#several-installations)); a shard counts for ${lookback} after its exporter has disappeared, so a restart and a change of the number of shards may take that long and as long as *For*`,
  },
  CertificateExpiring: {
    when: `a certificate used for the connection to a cluster or token endpoint expires within ${days(thresholds.certificateSeconds)} days`,
    assumes:
      'certificates are renewed when a third of their lifetime is left; no proxy terminates TLS, which would hide the certificate from the exporter',
  },
  ClusterUnreachable: {
    when: `no poll of any exporter succeeded for ${lookback}, and authentication is not the reason`,
    assumes: 'clients of the cluster cannot reach it either',
  },
  PollsFailing: {
    when: `more than ${100 * thresholds.failureRatio} % of an exporter's polls failed over ${thresholds.failureWindow}, and some succeeded`,
    assumes: 'at least ten polls in that time, otherwise a single failure has too much weight',
  },
  LastSuccessTooOld: {
    when: `the last successful poll is older than ${thresholds.successAgeSeconds / 60} min and three poll intervals`,
    assumes: `the alert for the cause inhibits this one; this one notifies if the causes alternate. A cluster that waits for its first token is left out for ${thresholds.firstTokenWait}`,
  },
  CredentialsRejected: {
    when: `credentials, client, scope or permissions are rejected, and no poll succeeded for ${lookback}`,
    assumes: 'the cluster itself works and only the exporter is affected, so it can wait for working hours',
  },
  TokenRejected: {
    when: `the cluster rejects newly issued tokens, and no poll succeeded for ${lookback}`,
    assumes: 'other clients use the same identity provider and are affected too',
  },
  AudienceMismatch: {
    when: `the token's audience is wrong, and no poll succeeded for ${lookback}`,
    assumes: "only the exporter's own client is affected, so it can wait for working hours",
  },
  TokenEndpointFailing: {
    when: `the token endpoint fails, and no poll succeeded for ${lookback}`,
    assumes: 'other clients use the same token endpoint and will soon have no tokens',
  },
  TokenRateLimited: {
    when: `the token endpoint answers 429, or the exporter's own limit delays the token request, and no poll succeeded for ${lookback}`,
    assumes: `the limit applies to the client or its address: other clients still get tokens. A cluster without a token yet, for example after a start with many clients, gets its first one within ${thresholds.firstTokenWait}`,
  },
  TokenNotRenewed: {
    when: 'the token cannot be renewed, and the old one still works',
    assumes:
      'renewal starts early enough for the alert to fire before the token expires, as for lifetimes of an hour; the alert resolves when the token expires',
  },
  TokenExpired: {
    when: 'the token had expired at the last poll',
    assumes: 'nothing about lifetime and interval; the alert for the cause inhibits this one',
  },
  ClusterUnknown: {
    when: `polls succeed, but for ${lookback} none returned a topology, or none of a physical tenant`,
    assumes: 'a gateway learns the topology within a minute of its start',
  },
  ClusterUnhealthy: {
    when: `every successful poll of the last ${lookback} found a partition without a healthy leader`,
    assumes:
      'the alert for the partition inhibits this one; this one notifies if the affected partitions alternate. Recovery mode has an alert of its own, and is not recognized while the series of the cluster [are limited](sizing.md#limits)',
  },
  ClusterDegraded: {
    when: `no poll of the last ${lookback} found the cluster healthy, but it works`,
    assumes: 'the alert for what is missing inhibits this one',
  },
  BrokerMissing: {
    when: 'a broker is no longer listed, or fewer brokers are listed than expected',
    assumes:
      'a broker that moves to another machine is back within that time; if a partition is left with a bare majority, QuorumAtRisk notifies instead',
  },
  PartitionWithoutLeader: {
    when: 'a partition has no leader and is not in recovery mode',
    assumes: 'an election takes seconds',
  },
  PartitionLeaderUnhealthy: {
    when: 'the only leader of a partition is unhealthy or dead',
    assumes: 'if two leaders are listed, one is stale, and the healthier one is the real leader',
  },
  RecoveryMode: {
    when: 'all replicas of a partition are in recovery mode',
    assumes: 'an operator has set it on purpose (Camunda 8.10), and it is over within that time',
  },
  PhysicalTenantMissing: {
    when: `a physical tenant was listed ${thresholds.clusterRemembered} ago and is no longer, while polls succeed`,
    assumes: `the alert may fire for ${thresholds.clusterRemembered} after a tenant was removed on purpose`,
  },
  ReplicationBelowFactor: {
    when: 'a partition has fewer healthy replicas than the replication factor and is not in recovery mode',
    assumes: 'replicas are back within that time after a restart',
  },
  QuorumAtRisk: {
    when: 'a partition has no more healthy replicas than a majority and is not in recovery mode',
    assumes:
      'a replication factor of at least 3: with 1 or 2, every loss breaks the quorum, and this alert never fires',
  },
  LeaderFlapping: {
    when: `a partition changed its leader ${thresholds.leaderChanges} times in ${thresholds.leaderChangesWindow}`,
    assumes: 'a rolling restart causes fewer changes; gateways behind one address that disagree look the same',
  },
  LeadersUneven: {
    when: `a broker leads at least ${thresholds.leadersApart} more partitions than another`,
    assumes: 'leaders are spread evenly in a healthy cluster; the alert does not notify',
  },
  VersionSkew: { when: 'brokers and gateway run different versions', assumes: 'an upgrade takes less time' },
  ScalingStuck: {
    when: 'replicas are joining or leaving, or there are more replicas or brokers than expected',
    assumes: 'scaling takes less time; it takes longer if it moves very large state',
  },
};

/** Returns the text of docs/alerts.md. */
export function alertsPage(): string {
  const sections = Object.entries(alertGroups(thresholds)).map(([group, alerts]) => {
    const rows = alerts.map(({ name, severity }) => {
      const { when, assumes } = explained[name];
      const alert = `[${name}](runbooks/ZeebeTopology${name}.md)`;
      const times = [thresholds.holdsFor[name], keepFiringFor(name)];
      return `| ${[alert, severity, when, ...times, assumes].join(' | ')} |`;
    });
    return `## ${titles[group] ?? group}

| Alert | Severity | Fires when | For | Keep firing for | Assumes |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
  });
  return `# Alerts

<!-- Generated by \`npm run docs\` from docs/alerts.ts and prometheus/thresholds.ts. Do not edit. -->

The conditions and assumptions of the alerts in [prometheus/alerts.yaml](../prometheus/alerts.yaml). If an assumption does
not hold for you, change the threshold in [prometheus/thresholds.ts](../prometheus/thresholds.ts) and run
\`npm run rules\`. Each alert name has the prefix \`ZeebeTopology\` and links to its runbook. For notifications see
[prometheus.md](prometheus.md#alertmanager).

- \`critical\` is a page: a cluster does not work or may stop at any moment, or monitoring itself is down.
- \`warning\` can wait for working hours.
- \`info\` sends no notification.

*For* is how long the condition must hold before the alert fires. *Keep firing for* is how long the alert outlives its
condition, so that it still inhibits follow-up alerts that resolve later.

All alerts assume polls at least every 30 s, and scrapes and evaluations at least every minute. A value is used for
${lookback} after its series has disappeared, so that a failed poll or scrape does not restart *For*. A state that is shorter
than one poll interval may be missed. If several exporters monitor a cluster, the best result counts: a cluster is down
only if none of them reaches it.

Where all [physical tenants](physical-tenants.md) are polled, the alerts on verdicts, partitions and replicas are by tenant:
they have the label \`physical_tenant\`, and each tenant is compared with its own replication factor. The alerts on brokers,
versions and polls are by cluster.

${sections.join('\n')}`;
}

const titles: Readonly<Record<string, string>> = {
  'zeebe-topology-exporter': 'The exporter',
  'zeebe-topology-polls': 'Polls',
  'zeebe-topology-authentication': 'Authentication',
  'zeebe-topology-cluster': 'The cluster',
};

function keepFiringFor(name: AlertName): string {
  const { keepsFiringFor }: { readonly keepsFiringFor: Readonly<Partial<Record<AlertName, string>>> } = thresholds;
  return keepsFiringFor[name] ?? '';
}

function days(seconds: number): number {
  return seconds / (24 * 60 * 60);
}

if (import.meta.filename === process.argv[1]) {
  writeFileSync(new URL('alerts.md', import.meta.url), alertsPage());
}
