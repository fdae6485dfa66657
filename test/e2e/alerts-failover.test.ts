import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Thresholds } from '../../prometheus/thresholds.ts';
import { shortThresholds } from './alerting/short-thresholds.ts';
import { type Watch, watch } from './alerting/watch.ts';
import { startExporter, untilHealthy } from './exporter.ts';
import { type Broker, type Cluster, layOutCluster } from './systems/simulated-cluster.ts';
import { until } from './until.ts';

/** The simulated brokers take as long as real ones: what waits for them is not as short. */
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

describe('three simulated brokers with three partitions', () => {
  let cluster: Cluster;
  let brokers: readonly [witness: Broker, another: Broker, third: Broker];
  beforeAll(async () => {
    cluster = await layOutCluster({ version: '8.6.0', size: 3 });
    const [witness, another, third] = cluster.brokers;
    if (!witness || !another || !third) throw new Error('A cluster of three has three brokers');
    brokers = [witness, another, third];
    await Promise.all(brokers.map((broker) => broker.start()));
  });
  afterAll(() => cluster.stop());

  const watched = async () => {
    const exporter = await startExporter({
      environment: { ZEEBE_POLL_INTERVAL: '2s', ZEEBE_POLL_TIMEOUT: '2s', ZEEBE_REST_ADDRESS: brokers[0].address },
    });
    await untilHealthy(exporter);
    return watch(exporter.address, thresholds);
  };

  it('of which one crashes: one page, as the next loss stops them, and its end once the broker is back', async () => {
    const [, victim] = brokers;
    const alerts = await watched();
    const begin = new Date();
    const all = ['BrokerMissing', 'ClusterDegraded', 'QuorumAtRisk', 'ReplicationBelowFactor'];
    await victim.crash();
    await untilFiring(alerts, all);
    await untilRung(alerts, ['page QuorumAtRisk default']);

    await victim.start();
    await untilOver(alerts);
    expect(await alerts.fired(begin)).toEqual(all.map((alert) => `${alert} default`));
    expect(alerts.rings()).toEqual(['page QuorumAtRisk default']);
  });

  it('of which two crash: one page, as all partitions stand still, and its end once both are back', async () => {
    const [, ...victims] = brokers;
    const alerts = await watched();
    const begin = new Date();
    const all = [
      'BrokerMissing',
      'ClusterUnhealthy',
      'PartitionWithoutLeader',
      'QuorumAtRisk',
      'ReplicationBelowFactor',
    ];
    await Promise.all(victims.map((broker) => broker.crash()));
    await untilFiring(alerts, all);
    await untilRung(alerts, ['page PartitionWithoutLeader default']);

    await Promise.all(victims.map((broker) => broker.start()));
    await untilOver(alerts);
    expect(await alerts.fired(begin)).toEqual(all.map((alert) => `${alert} default`));
    expect(alerts.rings()).toEqual(['page PartitionWithoutLeader default']);
  });
});

async function untilFiring(alerts: Watch, names: readonly string[]): Promise<void> {
  await until('all that follows from it fires', 180, async () => {
    expect(await alerts.firing()).toEqual(names.map((name) => `${name} default`));
  });
}

async function untilRung(alerts: Watch, rings: readonly string[]): Promise<void> {
  await until('it has rung', 60, () => expect(alerts.rings()).toEqual(rings));
}

async function untilOver(alerts: Watch): Promise<void> {
  await until('nothing fires any more, and that has been told', 300, async () => {
    expect(await alerts.firing()).toEqual([]);
    expect(alerts.ringing()).toEqual([]);
  });
}
