import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { connect } from '../../src/cluster/connection.ts';
import { createSharedTokens } from '../../src/cluster/shared-tokens.ts';
import type { ClusterConfig } from '../../src/config/config.ts';
import { createPoll, type PollResult } from '../../src/poll/poll.ts';
import { clusterConfig } from '../polls.ts';
import { neverAborted } from './asking.ts';

/** Polls a cluster through a connection that is closed when the test ends. */
export function pollOf(config: Partial<ClusterConfig>): () => Promise<PollResult> {
  const cluster = clusterConfig(config);
  const connection = connect(cluster, createSharedTokens(systemClock));
  onTestFinished(connection.close);
  const poll = createPoll({
    connection: async () => connection,
    pollTimeout: cluster.pollTimeout,
    clock: systemClock,
  });
  return () => poll(neverAborted);
}
