import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Thresholds } from '../../prometheus/thresholds.ts';
import { type AlertingStack, startAlertingStack } from './alerting/alerting-stack.ts';
import { shortThresholds } from './alerting/short-thresholds.ts';
import { startExporter, untilHealthy } from './exporter.ts';
import { type Broker, type Cluster, layOutCluster } from './systems/simulated-cluster.ts';
import { until } from './until.ts';

/** The simulated brokers take as long as real ones, so thresholds that depend on them are longer. */
const thresholds: Thresholds = {
  ...shortThresholds,
  lookback: '10s',
  failureWindow: '60s',
  holdsFor: {
    ...shortThresholds.holdsFor,
    PollsFailing: '60s',
    PartitionWithoutLeader: '5s',
    PartitionLeaderUnhealthy: '10s',
    LeadersUneven: '1h',
  },
  keepsFiringFor: {
    ...shortThresholds.keepsFiringFor,
    PartitionWithoutLeader: '60s',
    ClusterUnhealthy: '60s',
  },
};

describe('the alerts of three simulated brokers with three partitions', () => {
  let cluster: Cluster;
  let brokers: readonly [queried: Broker, another: Broker, third: Broker];
  beforeAll(async () => {
    cluster = await layOutCluster({ version: '8.6.0', size: 3 });
    const [queried, another, third] = cluster.brokers;
    if (!queried || !another || !third) throw new Error('A cluster of three has three brokers');
    brokers = [queried, another, third];
    await Promise.all(brokers.map((broker) => broker.start()));
  });
  afterAll(() => cluster.stop());

  const startAlerts = async () => {
    const exporter = await startExporter({
      environment: { ZEEBE_POLL_INTERVAL: '2s', ZEEBE_POLL_TIMEOUT: '2s', ZEEBE_REST_ADDRESS: brokers[0].address },
    });
    await untilHealthy(exporter);
    return startAlertingStack(exporter.address, thresholds);
  };

  it('send one page, QuorumAtRisk, when a broker crashes, and resolve once it is back', async () => {
    const [, crashing] = brokers;
    const alerts = await startAlerts();
    const begin = new Date();
    const all = ['BrokerMissing', 'ClusterDegraded', 'QuorumAtRisk', 'ReplicationBelowFactor'];
    await crashing.crash();
    await untilFiring(alerts, all);
    await untilNotified(alerts, ['page QuorumAtRisk default']);

    await crashing.start();
    await untilResolved(alerts);
    expect(await alerts.fired(begin)).toEqual(all.map((alert) => `${alert} default`));
    expect(alerts.notified()).toEqual(['page QuorumAtRisk default']);
  });

  it('send one page, PartitionWithoutLeader, when two brokers crash, and resolve once they are back', async () => {
    const [, ...crashing] = brokers;
    const alerts = await startAlerts();
    const begin = new Date();
    const all = [
      'BrokerMissing',
      'ClusterUnhealthy',
      'PartitionWithoutLeader',
      'QuorumAtRisk',
      'ReplicationBelowFactor',
    ];
    await Promise.all(crashing.map((broker) => broker.crash()));
    await untilFiring(alerts, all);
    await untilNotified(alerts, ['page PartitionWithoutLeader default']);

    await Promise.all(crashing.map((broker) => broker.start()));
    await untilResolved(alerts);
    expect(await alerts.fired(begin)).toEqual(all.map((alert) => `${alert} default`));
    expect(alerts.notified()).toEqual(['page PartitionWithoutLeader default']);
  });
});

async function untilFiring(alerts: AlertingStack, names: readonly string[]): Promise<void> {
  await until('all expected alerts fire', 180, async () => {
    expect(await alerts.firing()).toEqual(names.map((name) => `${name} default`));
  });
}

async function untilNotified(alerts: AlertingStack, expected: readonly string[]): Promise<void> {
  await until('the notifications are sent', 60, () => expect(alerts.notified()).toEqual(expected));
}

async function untilResolved(alerts: AlertingStack): Promise<void> {
  await until('no alert fires, and all notifications are resolved', 300, async () => {
    expect(await alerts.firing()).toEqual([]);
    expect(alerts.unresolved()).toEqual([]);
  });
}
