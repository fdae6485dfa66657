import { writeFileSync } from 'node:fs';
import { alertGroups } from '../prometheus/rules.ts';
import { type AlertName, defaultThresholds as thresholds } from '../prometheus/thresholds.ts';

const { lookback } = thresholds;

/** Typed, so that a new alert is not forgotten here. */
const explained: Readonly<Record<AlertName, { readonly when: string; readonly assumes: string }>> = {
  ExporterDown: {
    when: 'no exporter is scraped with success',
    assumes: 'this Prometheus is meant to scrape one; where it is not, leave the alert out',
  },
  ExporterTargetDown: {
    when: `a target that was an exporter within ${thresholds.exporterRemembered} cannot be scraped`,
    assumes: 'service discovery drops a target that was taken away on purpose',
  },
  ClusterNotWatched: {
    when: `a cluster that was on a page ${thresholds.clusterRemembered} ago is on none now`,
    assumes: `a cluster taken out on purpose may be told for ${thresholds.clusterRemembered}`,
  },
  PollerStuck: {
    when: `the last poll ended more than ${thresholds.pollAgeSeconds} s and three poll intervals ago`,
    assumes: "the clocks of exporter and Prometheus agree to a minute; a poll's timeout is at most its interval",
  },
  ReloadFailed: {
    when: 'the configuration, or the web configuration, that was read last is wrong',
    assumes: 'nothing',
  },
  FilesNotRead: { when: "a file that a cluster's settings name cannot be read or used", assumes: 'nothing' },
  ExporterCertificateExpiring: {
    when: `the exporter's own certificate expires within ${days(thresholds.certificateSeconds)} days`,
    assumes: 'certificates are renewed with a third of their life left, 30 days of 90',
  },
  CertificateExpiring: {
    when: `a certificate on the way to a cluster or token endpoint expires within ${days(thresholds.certificateSeconds)} days`,
    assumes: 'the same; it was shown to the exporter, which a proxy that ends TLS prevents',
  },
  ClusterUnreachable: {
    when: `no poll of any exporter succeeded for ${lookback}, and authentication is not why`,
    assumes: 'a cluster that cannot be reached from the exporter cannot be reached by its clients either',
  },
  PollsFailing: {
    when: `more than ${100 * thresholds.failureRatio} % of an exporter's polls failed over ${thresholds.failureWindow}, and some succeed`,
    assumes: 'at least ten polls in that time, else one failure weighs too much',
  },
  LastSuccessTooOld: {
    when: `the last successful poll is older than ${thresholds.successAgeSeconds / 60} min and three poll intervals`,
    assumes: 'another alert tells why and mutes this one; it rings where reasons take turns',
  },
  CredentialsRejected: {
    when: `credentials, client, scope or rights are refused, and no poll succeeded for ${lookback}`,
    assumes: 'the cluster itself works: only the exporter is shut out, which is for working hours',
  },
  TokenRejected: {
    when: `the cluster refuses new tokens, and no poll succeeded for ${lookback}`,
    assumes: 'other clients use the same identity provider, and fare no better',
  },
  AudienceMismatch: {
    when: `the token's audience is wrong, and no poll succeeded for ${lookback}`,
    assumes: "a matter of the exporter's own client, which is for working hours",
  },
  TokenEndpointFailing: {
    when: `the token endpoint fails, and no poll succeeded for ${lookback}`,
    assumes: 'other clients use the same token endpoint, and soon have no tokens',
  },
  TokenRateLimited: {
    when: `the token endpoint answers 429, and no poll succeeded for ${lookback}`,
    assumes: 'the limit is that of the client or its address: others still get tokens',
  },
  TokenNotRenewed: {
    when: 'renewals fail, and the old token still works',
    assumes: 'a token is renewed early enough to be told in time, as those of an hour are; it ends when the token does',
  },
  TokenExpired: {
    when: 'at the last poll the token had expired',
    assumes: 'nothing of lifetime and interval; another alert tells why and mutes this one',
  },
  ClusterUnknown: {
    when: `polls succeed, and for ${lookback} none told a topology`,
    assumes: 'a gateway that has just started learns its topology within a minute',
  },
  ClusterUnhealthy: {
    when: `every successful poll of the last ${lookback} found a partition without a healthy leader`,
    assumes: 'it rings where partitions take turns; otherwise the alert of the partition mutes it',
  },
  ClusterDegraded: {
    when: `no poll of the last ${lookback} found the cluster healthy, and it works`,
    assumes: 'another alert tells what is missing and mutes this one',
  },
  BrokerMissing: {
    when: 'a broker that was listed is gone, or fewer are listed than there should be',
    assumes:
      'a broker that is moved to another machine is back by then; where a partition then lives on a bare majority, QuorumAtRisk rings instead',
  },
  PartitionWithoutLeader: { when: 'a partition has no leader', assumes: 'an election takes seconds' },
  PartitionLeaderUnhealthy: {
    when: 'the only leader of a partition is unhealthy or dead',
    assumes: 'of two leaders one is stale, and the better one is real',
  },
  ReplicationBelowFactor: {
    when: 'a partition has fewer healthy replicas than the replication factor',
    assumes: 'replicas are back within that time after a restart',
  },
  QuorumAtRisk: {
    when: 'a partition has no more healthy replicas than a majority',
    assumes: 'a factor of 3 or more: with 1 or 2 one loss is always one too many, and this never fires',
  },
  LeaderFlapping: {
    when: `a partition changed its leader ${thresholds.leaderChanges} times in ${thresholds.leaderChangesWindow}`,
    assumes: 'a rolling restart makes fewer; gateways that disagree behind one address look the same',
  },
  LeadersUneven: {
    when: `a broker leads ${thresholds.leadersApart} partitions more than another`,
    assumes: 'partitions are spread evenly when all is well; it does not ring',
  },
  VersionSkew: { when: 'brokers and gateway run different versions', assumes: 'an upgrade is done by then' },
  ScalingStuck: {
    when: 'replicas join or leave, or there are more replicas or brokers than there should be',
    assumes: 'a scaling is done by then; one that moves very large state takes longer',
  },
};

/** The page that `npm run docs` writes. */
export function alertsPage(): string {
  const sections = Object.entries(alertGroups(thresholds)).map(([group, alerts]) => {
    const rows = alerts.map(({ name, severity }) => {
      const { when, assumes } = explained[name];
      const alert = `[${name}](runbooks/ZeebeTopology${name}.md)`;
      const times = [thresholds.holdsFor[name], afterwards(name)];
      return `| ${[alert, severity, when, ...times, assumes].join(' | ')} |`;
    });
    return `## ${titles[group] ?? group}

| Alert | Severity | Fires when | For | Goes on for | Assumes |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
  });
  return `# Alerts

<!-- Written by \`npm run docs\` from docs/alerts.ts and prometheus/thresholds.ts: change it there. -->

What the alerts of [prometheus/alerts.yaml](../prometheus/alerts.yaml) mean, and what they take for granted. Where that
does not hold for you, change the number in [prometheus/thresholds.ts](../prometheus/thresholds.ts) and run
\`npm run rules\`. Each name begins with \`ZeebeTopology\` and links to its runbook. How they reach a person stands in
[prometheus.md](prometheus.md#alertmanager).

- \`critical\` pages: a cluster does not do its work, may stop any moment, or nobody would be told.
- \`warning\` is for working hours.
- \`info\` does not ring.

*For* is how long it must be so before the alert fires. *Goes on for* is how long it still fires when it is no longer so:
what follows from the same cause ends a little later, and stays muted until then.

All of them assume polls at least every 30 s and scrapes and evaluations at least every minute. A value counts for
${lookback} after its series has gone, so that a failed poll or scrape begins no wait anew; a state that lasts shorter than
one poll interval may not be seen at all. Of several exporters that watch one cluster the one that knows most is
believed: a cluster is down if none of them reaches it.

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
