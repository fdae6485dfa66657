import { expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { clusterEntries } from '../../src/demo.ts';
import { fastStory } from '../../src/simulator/fast-story.ts';
import { type RunningStory, startStory } from '../../src/simulator/story.ts';
import { startAlertingStack } from './alerting/alerting-stack.ts';
import { heldClock } from './alerting/held-clock.ts';
import { shortThresholds } from './alerting/short-thresholds.ts';
import { type Exporter, startExporter } from './exporter.ts';
import { until } from './until.ts';

/** The failures in the story, and the notifications for each. */
const causes: Readonly<Record<string, readonly string[]>> = {
  'a broker of payments crashes: the quorum is at risk': ['page QuorumAtRisk payments'],
  'a replica of orders is unhealthy: the quorum is at risk': ['page QuorumAtRisk orders'],
  'the identity provider answers 503: the token is not renewed, then it expires': [
    'ticket TokenNotRenewed inventory',
    'page TokenEndpointFailing inventory',
  ],
  'two brokers of orders crash: partitions have no leader': ['page PartitionWithoutLeader orders'],
  'the client secret is changed: the token is not renewed, then it expires': [
    'ticket TokenNotRenewed inventory',
    'ticket CredentialsRejected inventory',
  ],
  'payments answers 503': ['page ClusterUnreachable payments'],
  'the gateway of orders knows no topology': ['page ClusterUnknown orders'],
  'a replica of payments is dead': ['page QuorumAtRisk payments'],
  'orders redirects to a login page': ['page ClusterUnreachable orders'],
  'new tokens have the wrong audience': ['ticket AudienceMismatch inventory'],
};

/** All alerts that fire, including those that are inhibited. */
const firing: Readonly<Record<string, readonly string[]>> = {
  payments: [
    'BrokerMissing',
    'ClusterDegraded',
    'ClusterUnreachable',
    'LastSuccessTooOld',
    'QuorumAtRisk',
    'ReplicationBelowFactor',
  ],
  orders: [
    'BrokerMissing',
    'ClusterUnhealthy',
    'ClusterUnknown',
    'ClusterUnreachable',
    'LastSuccessTooOld',
    'LeadersUneven',
    'PartitionWithoutLeader',
    'QuorumAtRisk',
    'ReplicationBelowFactor',
  ],
  inventory: [
    'AudienceMismatch',
    'CredentialsRejected',
    'LastSuccessTooOld',
    'TokenEndpointFailing',
    'TokenExpired',
    'TokenNotRenewed',
  ],
};

it('the alerts notify of each failure in the simulated story once, and of its end', async () => {
  const clock = heldClock();
  const story = await startStory({ story: fastStory, clock });
  onTestFinished(story.close);
  const exporter = await startExporter({ file: configFile(story) });
  const {
    fired,
    firing: firingNow,
    notified,
    unresolved,
  } = await startAlertingStack(exporter.address, shortThresholds);
  await untilTheTokenIsAboutToBeRenewed(exporter);
  expect(await firingNow()).toEqual([]);

  const begin = new Date();
  clock.release();
  // The first crash of the second round is only noticed some seconds after its start.
  const over = begin.getTime() + fastStory.period + 4_000;
  await until('the story is over', 2 * fastStory.period, () => expect(Date.now()).toBeGreaterThan(over));
  await until('no alert fires, and all notifications are resolved', 12, async () => {
    expect(await firingNow()).toEqual([]);
    expect(unresolved()).toEqual([]);
  });

  const expected = Object.entries(firing).flatMap(([cluster, alerts]) => alerts.map((alert) => `${alert} ${cluster}`));
  expect(await fired(begin)).toEqual(expected.toSorted());
  expect(notified().toSorted()).toEqual(Object.values(causes).flat().toSorted());
});

/**
 * Waits until the token is about to be renewed, so that the renewal before the 503s of the identity provider is the last one
 * for a while. A token lives for 30 seconds and is renewed after 15.
 */
async function untilTheTokenIsAboutToBeRenewed(exporter: Exporter): Promise<void> {
  await until('the token is about to be renewed', 60, async () => {
    const page = await exporter.scrape();
    expect(page.series('zeebe_topology_up').map(({ value }) => value)).toEqual([1, 1, 1]);
    const obtainedAt = page.value('zeebe_topology_token_obtained_timestamp_seconds') ?? Number.NaN;
    const age = Date.now() / 1000 - obtainedAt;
    expect(age).toBeGreaterThan(12.5);
    expect(age).toBeLessThan(14.5);
  });
}

function configFile({ clusters }: RunningStory): string {
  return stringify({ poll_interval: '1s', poll_timeout: '1s', clusters: clusterEntries(clusters) });
}
