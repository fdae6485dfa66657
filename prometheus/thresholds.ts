/** A Prometheus duration of one unit. */
export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}`;

/**
 * Every number of the rules. They suit clusters that are polled every 30 seconds or more often, and scraped at least
 * every minute; for slower ones raise `lookback`, `failureWindow`, and the shortest of `holdsFor`.
 */
export const defaultThresholds = {
  /**
   * How long the last value of a series counts after the series has gone: a failed poll takes a cluster's own series
   * away, a failed scrape all. At least three poll intervals.
   */
  lookback: '5m',

  /** The alerts, and how long the expression of each must hold before it fires. */
  holdsFor: {
    ExporterDown: '10m',
    ExporterTargetDown: '10m',
    ClusterNotWatched: '15m',
    PollerStuck: '5m',
    ReloadFailed: '5m',
    FilesNotRead: '5m',
    ExporterCertificateExpiring: '1h',
    CertificateExpiring: '1h',

    ClusterUnreachable: '2m',
    PollsFailing: '10m',
    LastSuccessTooOld: '1m',

    CredentialsRejected: '2m',
    TokenRejected: '2m',
    AudienceMismatch: '2m',
    TokenEndpointFailing: '2m',
    TokenRateLimited: '2m',
    // Tokens of an hour are renewed three minutes before their end.
    TokenNotRenewed: '1m',
    // Longer than the lookback and the wait of the alerts that tell why: they mute it.
    TokenExpired: '10m',

    ClusterUnknown: '5m',
    ClusterUnhealthy: '1m',
    ClusterDegraded: '30m',
    // As long as QuorumAtRisk, which mutes it: where both follow from one loss, one of them rings.
    BrokerMissing: '15m',
    // An election takes seconds; a broker's restart costs one.
    PartitionWithoutLeader: '1m',
    PartitionLeaderUnhealthy: '2m',
    ReplicationBelowFactor: '20m',
    // A broker that is moved to another machine may take that long.
    QuorumAtRisk: '15m',
    LeaderFlapping: '0s',
    LeadersUneven: '1h',
    VersionSkew: '2h',
    ScalingStuck: '1h',
  },

  /**
   * How long an alert goes on firing after its cause has gone. What it mutes ends a little later, with the last replica
   * that comes back or with the next evaluation, and would ring in between. An alert that mutes another of these goes
   * on longer than that one, or as long where its cause goes later anyway.
   */
  keepsFiringFor: {
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

  /** How long a target that was scraped with success once counts as an exporter. */
  exporterRemembered: '1d',
  /** How long a cluster that is no longer on any page counts as one that should be watched. */
  clusterRemembered: '1h',

  /** Seconds that the last poll may lie back beyond three poll intervals. */
  pollAgeSeconds: 120,
  /** Seconds that the last successful poll may lie back beyond three poll intervals. */
  successAgeSeconds: 600,
  /** How long the last success counts after the exporter that knew it has gone. */
  successRemembered: '1h',
  /** The share of polls that may fail, and over how long. The wait of PollsFailing must not be shorter. */
  failureRatio: 0.2,
  failureWindow: '10m',

  /** Those that renew themselves do so with a third of their life left: 30 days of 90, 15 of 45. */
  certificateSeconds: 14 * 24 * 60 * 60,

  /** Leader changes of one partition: more than a rolling restart of five replicas makes. */
  leaderChanges: 6,
  leaderChangesWindow: '30m',
  /** Partitions that one broker may lead more than another. */
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
  readonly failureRatio: number;
  readonly failureWindow: Duration;
  readonly certificateSeconds: number;
  readonly leaderChanges: number;
  readonly leaderChangesWindow: Duration;
  readonly leadersApart: number;
}

/** Without the prefix that all of them share. */
export type AlertName = keyof typeof defaultThresholds.holdsFor;

export interface Thresholds extends ThresholdTable {
  readonly holdsFor: Readonly<Record<AlertName, Duration>>;
  readonly keepsFiringFor: Readonly<Partial<Record<AlertName, Duration>>>;
}
