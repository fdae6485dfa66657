/**
 * Milliseconds after the event that starts each of them. The times of a crash and of a restart were measured on a real
 * cluster of three brokers, version 8.6.0. The others are assumptions.
 */
export const timing = {
  /** A crash is noticed: the partitions that the broker led have new leaders. */
  crashNoticed: 5_700,
  /** A crashed broker is no longer listed. */
  crashedBrokerGone: 11_500,
  /** The gateway of a broker that was started answers, at first without a topology. Measured were 5 to 9 s. */
  gatewayAnswers: 7_000,
  /** The gateway of a broker that was started knows the topology. */
  gatewayKnowsTopology: 9_000,
  /** A restarted broker is listed, without partitions. */
  restartedBrokerListed: 16_000,
  /** A restarted broker has all its partitions. */
  restartedBrokerComplete: 19_000,
  /** An election ends, after a leader has stepped down. */
  election: 500,
  /** Scaling: the new replicas have joined. */
  replicasJoined: 10_000,
  /** Scaling: the replaced replicas have left. */
  replicasLeft: 12_000,
  /** A rolling restart or upgrade: the time from one broker to the next. */
  upgradeStep: 30_000,
} as const;
