import { writeFileSync } from 'node:fs';
import { alertGroups } from '../prometheus/rules.ts';
import { type AlertName, defaultThresholds as thresholds } from '../prometheus/thresholds.ts';

const { lookback } = thresholds;

/** Typed by alert, so that a new alert without an explanation does not compile. */
const explained: Readonly<Record<AlertName, { readonly when: string; readonly assumes: string }>> = {
  ExporterDown: {
    when: 'no exporter is scraped successfully',
    assumes: 'this Prometheus should scrape an exporter; otherwise remove the alert',
  },
  ExporterTargetDown: {
    when: `a target that was an exporter in the last ${thresholds.exporterRemembered} cannot be scraped`,
    assumes: 'service discovery drops targets that were removed on purpose',
  },
  ClusterNotWatched: {
    when: `a cluster was exposed by an exporter ${thresholds.clusterRemembered} ago and is no longer`,
    assumes: `it may fire for ${thresholds.clusterRemembered} after a cluster was removed on purpose`,
  },
  PollerStuck: {
    when: `the last poll ended more than ${thresholds.pollAgeSeconds} s and three poll intervals ago`,
    assumes:
      'the clocks of exporter and Prometheus differ by less than a minute; `poll_timeout` is at most `poll_interval`',
  },
  ReloadFailed: {
    when: 'the configuration or the web configuration that was read last is invalid',
    assumes: 'nothing',
  },
  FilesNotRead: { when: 'a file in the settings of a cluster cannot be read or is invalid', assumes: 'nothing' },
  ExporterCertificateExpiring: {
    when: `the exporter's own certificate expires within ${days(thresholds.certificateSeconds)} days`,
    assumes: 'certificates are renewed with a third of their life left, such as 30 days of 90',
  },
  CertificateExpiring: {
    when: `a certificate used to connect to a cluster or token endpoint expires within ${days(thresholds.certificateSeconds)} days`,
    assumes: 'the same; and no proxy terminates TLS, as that hides the certificate from the exporter',
  },
  ClusterUnreachable: {
    when: `no poll of any exporter succeeded for ${lookback}, and authentication is not the cause`,
    assumes: 'clients cannot reach a cluster that the exporter cannot reach',
  },
  PollsFailing: {
    when: `more than ${100 * thresholds.failureRatio} % of an exporter's polls failed over ${thresholds.failureWindow}, and others succeed`,
    assumes: 'at least ten polls in that time, as otherwise a single failure exceeds the ratio',
  },
  LastSuccessTooOld: {
    when: `the last successful poll is older than ${thresholds.successAgeSeconds / 60} min and three poll intervals`,
    assumes: 'another alert has the reason and inhibits this one; it notifies if reasons alternate',
  },
  CredentialsRejected: {
    when: `credentials, client, scope or permissions are rejected, and no poll succeeded for ${lookback}`,
    assumes: 'the cluster itself works and only the exporter is rejected, which is for working hours',
  },
  TokenRejected: {
    when: `the cluster rejects new tokens, and no poll succeeded for ${lookback}`,
    assumes: 'tokens of other clients, from the same identity provider, are rejected too',
  },
  AudienceMismatch: {
    when: `the token's audience is wrong, and no poll succeeded for ${lookback}`,
    assumes: 'only the client of the exporter is affected, which is for working hours',
  },
  TokenEndpointFailing: {
    when: `the token endpoint fails, and no poll succeeded for ${lookback}`,
    assumes: 'other clients use the same token endpoint and will have no valid tokens soon',
  },
  TokenRateLimited: {
    when: `the token endpoint answers 429, and no poll succeeded for ${lookback}`,
    assumes: 'the limit applies to the client or its address; others still get tokens',
  },
  TokenNotRenewed: {
    when: 'renewals fail, and the old token still works',
    assumes:
      'tokens are renewed early enough for the alert to fire in time, as tokens of one hour are; it resolves when the token expires',
  },
  TokenExpired: {
    when: 'at the last poll the token had expired',
    assumes: 'nothing about lifetime and interval; another alert has the reason and inhibits this one',
  },
  ClusterUnknown: {
    when: `polls succeed, but none had a topology for ${lookback}`,
    assumes: 'a gateway that has just started learns its topology within a minute',
  },
  ClusterUnhealthy: {
    when: `every successful poll of the last ${lookback} found a partition without a healthy leader`,
    assumes: 'the alert on the partition inhibits this one; it notifies if partitions alternate',
  },
  ClusterDegraded: {
    when: `no poll of the last ${lookback} found the cluster healthy, although it works`,
    assumes: 'another alert names what is missing and inhibits this one',
  },
  BrokerMissing: {
    when: 'a broker that was listed is missing, or fewer brokers are listed than expected',
    assumes:
      'a broker that is moved to another node is back by then; if a partition has only a majority left, QuorumAtRisk notifies instead',
  },
  PartitionWithoutLeader: { when: 'a partition has no leader', assumes: 'an election takes seconds' },
  PartitionLeaderUnhealthy: {
    when: 'the only leader of a partition is unhealthy or dead',
    assumes: 'if two brokers claim the leadership, the healthier one is the leader',
  },
  ReplicationBelowFactor: {
    when: 'a partition has fewer healthy replicas than the replication factor',
    assumes: 'replicas are healthy again within that time after a restart',
  },
  QuorumAtRisk: {
    when: 'a partition has no more healthy replicas than a majority',
    assumes: 'a factor of 3 or more; with 1 or 2 no replica can be lost, and this never fires',
  },
  LeaderFlapping: {
    when: `a partition changed its leader ${thresholds.leaderChanges} times in ${thresholds.leaderChangesWindow}`,
    assumes: 'a rolling restart causes fewer; gateways with different views behind one address look the same',
  },
  LeadersUneven: {
    when: `a broker leads ${thresholds.leadersApart} or more partitions more than another`,
    assumes: 'leaders are evenly distributed in a healthy cluster; it sends no notification',
  },
  VersionSkew: { when: 'brokers and gateway run different versions', assumes: 'an upgrade takes less time' },
  ScalingStuck: {
    when: 'replicas join or leave, or there are more replicas or brokers than expected',
    assumes: 'scaling takes less time, except with very large state',
  },
};

/** Returns the page that `npm run docs` writes. */
export function alertsPage(): string {
  const sections = Object.entries(alertGroups(thresholds)).map(([group, alerts]) => {
    const rows = alerts.map(({ name, severity }) => {
      const { when, assumes } = explained[name];
      const alert = `[${name}](runbooks/ZeebeTopology${name}.md)`;
      const times = [thresholds.holdsFor[name], afterwards(name)];
      return `| ${[alert, severity, when, ...times, assumes].join(' | ')} |`;
    });
    return `## ${titles[group] ?? group}

| Alert | Severity | Fires when | For | Keep firing for | Assumes |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
  });
  return `# Alerts

<!-- Written by \`npm run docs\` from docs/alerts.ts and prometheus/thresholds.ts: change it there. -->

The alerts of [prometheus/alerts.yaml](../prometheus/alerts.yaml) and their assumptions. If an assumption is wrong for
your clusters, change the number in [prometheus/thresholds.ts](../prometheus/thresholds.ts) and run \`npm run rules\`.
Each name begins with \`ZeebeTopology\` and links to its runbook. [prometheus.md](prometheus.md#alertmanager) describes
notifications.

- \`critical\` pages: a cluster does not work, may stop with the next failure, or cannot be monitored.
- \`warning\` is for working hours.
- \`info\` sends no notification.

*For*: how long the condition must be true before the alert fires. *Keep firing for*: how long the alert outlives its
condition, so that it still inhibits follow-up alerts that resolve later.

All alerts assume poll intervals up to 30 s, and scrape and evaluation intervals up to a minute. A value counts for
${lookback} after its series has disappeared, so a failed poll or scrape does not reset the pending time of an alert. A
state that lasts shorter than one poll interval may be missed. If several exporters monitor one cluster, the best result
counts: a cluster is down only if no exporter reaches it.

${sections.join('\n')}`;
}

const titles: Readonly<Record<string, string>> = {
  'zeebe-topology-exporter': 'The exporter',
  'zeebe-topology-polls': 'Polls',
  'zeebe-topology-authentication': 'Authentication',
  'zeebe-topology-cluster': 'The cluster',
};

function afterwards(name: AlertName): string {
  const { keepsFiringFor }: { readonly keepsFiringFor: Readonly<Partial<Record<AlertName, string>>> } = thresholds;
  return keepsFiringFor[name] ?? '';
}

function days(seconds: number): number {
  return seconds / (24 * 60 * 60);
}

if (import.meta.filename === process.argv[1]) {
  writeFileSync(new URL('alerts.md', import.meta.url), alertsPage());
}
