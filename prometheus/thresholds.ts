/** A Prometheus duration of one unit. */
export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}`;

/**
 * Every number of the rules. They fit poll intervals up to 30 seconds and scrape intervals up to a minute. For longer
 * ones raise `lookback`, `failureWindow`, and the shortest of `holdsFor`.
 */
export const defaultThresholds = {
  /**
   * How long the last value of a series counts after the series has disappeared: a failed poll removes the series of the
   * cluster itself, a failed scrape removes all. At least three poll intervals.
   */
  lookback: '5m',

  /** By alert, how long its expression must be true before it fires (`for`). */
  holdsFor: {
    ExporterDown: '10m',
    ExporterTargetDown: '10m',
    ClusterNotWatched: '15m',
    PollerStuck: '5m',
    ReloadFailed: '5m',
    FilesNotRead: '5m',
    SeriesLimited: '5m',
    ExporterCertificateExpiring: '1h',
    // A rate limit, or an outage of the source, is usually over within that time.
    DiscoveryFailing: '15m',
    // The API server of Kubernetes may not respond for some minutes while it is upgraded.
    NoLeader: '10m',
    // Together with the lookback as long as for ExporterTargetDown, which it inhibits.
    ShardMissing: '5m',
    CertificateExpiring: '1h',

    ClusterUnreachable: '2m',
    PollsFailing: '10m',
    // Longer than that of TokenRateLimited, which inhibits it: both begin when the wait for a first token is over.
    LastSuccessTooOld: '3m',

    CredentialsRejected: '2m',
    TokenRejected: '2m',
    AudienceMismatch: '2m',
    TokenEndpointFailing: '2m',
    TokenRateLimited: '2m',
    // Tokens that live for an hour are renewed three minutes before they expire.
    TokenNotRenewed: '1m',
    // Longer than the lookback plus the `for` of the alerts with the cause, which inhibit it.
    TokenExpired: '10m',

    ClusterUnknown: '5m',
    ClusterUnhealthy: '1m',
    ClusterDegraded: '30m',
    // The same as for QuorumAtRisk, which inhibits it, so that one lost broker leads to one notification.
    BrokerMissing: '15m',
    // An election takes seconds, and each restart of a broker leads to one.
    PartitionWithoutLeader: '1m',
    PartitionLeaderUnhealthy: '2m',
    // Recovery mode is set on purpose, for as long as the recovery takes.
    RecoveryMode: '15m',
    PhysicalTenantMissing: '15m',
    ReplicationBelowFactor: '20m',
    // Moving a broker to another node may take that long.
    QuorumAtRisk: '15m',
    LeaderFlapping: '0s',
    LeadersUneven: '1h',
    VersionSkew: '2h',
    ScalingStuck: '1h',
  },

  /**
   * How long an alert outlives its condition (`keep_firing_for`). The alerts that it inhibits resolve a little later,
   * with the last replica that returns or with the next evaluation, and would otherwise notify in between. If an alert
   * inhibits another one of these, it keeps firing for at least as long.
   */
  keepsFiringFor: {
    ShardMissing: '5m',
    PollerStuck: '5m',
    ClusterUnreachable: '5m',
    CredentialsRejected: '5m',
    TokenRejected: '5m',
    AudienceMismatch: '5m',
    TokenEndpointFailing: '5m',
    TokenRateLimited: '5m',
    ClusterUnknown: '10m',
    PartitionWithoutLeader: '10m',
    PartitionLeaderUnhealthy: '10m',
    ClusterUnhealthy: '10m',
    QuorumAtRisk: '5m',
    BrokerMissing: '5m',
  },

  /** How long a target counts as an exporter after its last successful scrape. */
  exporterRemembered: '1d',
  /** How long a cluster that is no longer exposed is expected to be monitored, and a physical tenant to be listed. */
  clusterRemembered: '1h',

  /** Maximum age of the last poll in seconds, in addition to three poll intervals. */
  pollAgeSeconds: 120,
  /** Maximum age of the last successful poll in seconds, in addition to three poll intervals. */
  successAgeSeconds: 600,
  /** How long the last success counts after its exporter has disappeared. */
  successRemembered: '1h',
  /**
   * How long a cluster may wait for its first token while token requests are rate-limited: after a start with 1,000
   * clients of Camunda SaaS, the last one waits for up to 25 minutes.
   */
  firstTokenWait: '30m',
  /** Maximum ratio of failed polls, and its window. The `for` of PollsFailing must not be shorter than the window. */
  failureRatio: 0.2,
  failureWindow: '10m',

  /** Certificates with automatic renewal are renewed with a third of their life left: 30 days of 90, 15 of 45. */
  certificateSeconds: 14 * 24 * 60 * 60,

  /** Leader changes of one partition: more than a rolling restart of five replicas causes. */
  leaderChanges: 6,
  leaderChangesWindow: '30m',
  /** Difference between the partitions led by two brokers at which the alert fires. */
  leadersApart: 2,
} as const satisfies ThresholdTable;

interface ThresholdTable {
  readonly lookback: Duration;
  readonly holdsFor: Readonly<Record<string, Duration>>;
  readonly keepsFiringFor: Readonly<Record<string, Duration>>;
  readonly exporterRemembered: Duration;
  readonly clusterRemembered: Duration;
  readonly pollAgeSeconds: number;
  readonly successAgeSeconds: number;
  readonly successRemembered: Duration;
  readonly firstTokenWait: Duration;
  readonly failureRatio: number;
  readonly failureWindow: Duration;
  readonly certificateSeconds: number;
  readonly leaderChanges: number;
  readonly leaderChangesWindow: Duration;
  readonly leadersApart: number;
}

/** Without the common prefix. */
export type AlertName = keyof typeof defaultThresholds.holdsFor;

export interface Thresholds extends ThresholdTable {
  readonly holdsFor: Readonly<Record<AlertName, Duration>>;
  readonly keepsFiringFor: Readonly<Partial<Record<AlertName, Duration>>>;
}
