import { type Duration, defaultThresholds, type Thresholds } from '../../../prometheus/thresholds.ts';

const inSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** The default durations, sixty times shorter: a minute becomes a second. Other thresholds are unchanged. */
export const shortThresholds: Thresholds = {
  ...defaultThresholds,
  lookback: shorter(defaultThresholds.lookback),
  holdsFor: {
    ...each(defaultThresholds.holdsFor, shorter),
    // The simulator's failures last about ten seconds, not minutes, and the alert has to be sent within that time.
    ClusterUnknown: '2s',
    // The simulator does not rebalance leaders.
    LeadersUneven: '125s',
  },
  keepsFiringFor: each(defaultThresholds.keepsFiringFor, (duration) => shorter(duration, 30)),
  exporterRemembered: shorter(defaultThresholds.exporterRemembered),
  clusterRemembered: shorter(defaultThresholds.clusterRemembered),
  pollAgeSeconds: defaultThresholds.pollAgeSeconds / 60,
  successAgeSeconds: defaultThresholds.successAgeSeconds / 60,
  successRemembered: shorter(defaultThresholds.successRemembered),
  firstTokenWait: shorter(defaultThresholds.firstTokenWait),
  failureWindow: shorter(defaultThresholds.failureWindow),
  leaderChangesWindow: shorter(defaultThresholds.leaderChangesWindow),
};

function shorter(duration: Duration, times = 60): Duration {
  const seconds = Number.parseInt(duration, 10) * (inSeconds[duration.slice(-1)] ?? Number.NaN);
  return `${seconds / times}s`;
}

function each<Key extends string>(
  durations: Readonly<Record<Key, Duration>>,
  change: (duration: Duration) => Duration,
): Record<Key, Duration> {
  const entries = Object.entries<Duration>(durations).map(([name, duration]) => [name, change(duration)]);
  return Object.fromEntries(entries) as Record<Key, Duration>;
}
