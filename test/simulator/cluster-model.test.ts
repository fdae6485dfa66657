import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClusterModel, type ClusterModelOptions, simulateCluster } from '../../src/simulator/cluster-model.ts';
import { randomFrom } from '../../src/simulator/random.ts';
import type { SimulatedEvent } from '../../src/simulator/simulated-events.ts';
import type { Timed } from '../../src/simulator/timeline.ts';
import { type TopologyAnswer, topologyAnswer } from '../../src/simulator/topology-answer.ts';

const answerAt = (model: ClusterModel, elapsed: number, seed = 'answer'): TopologyAnswer =>
  topologyAnswer(model.at(elapsed), '', randomFrom(seed));

/** broker → partition → role, whatever the order of the answer. */
const rolesIn = (answer: TopologyAnswer) =>
  new Map(
    (answer.brokers ?? []).map((broker) => [
      broker.nodeId,
      new Map(broker.partitions.map(({ partitionId, role }) => [partitionId, role])),
    ]),
  );

const leadersIn = (answer: TopologyAnswer) =>
  new Map(
    (answer.brokers ?? []).flatMap((broker) =>
      broker.partitions.filter(({ role }) => role === 'leader').map(({ partitionId }) => [partitionId, broker.nodeId]),
    ),
  );

const leaderOf = (model: ClusterModel, partition: number): number => {
  const leader = leadersIn(answerAt(model, 0)).get(partition);
  if (leader === undefined) throw new Error(`partition ${partition} has no leader`);
  return leader;
};

describe('a crash, with the timing of a real 8.6.0 cluster', () => {
  const crashed = leaderOf(simulateCluster(), 3);
  const atTen = (elapsed: number) =>
    answerAt(
      simulateCluster({ script: { events: [{ at: 10_000, event: { type: 'broker-crashes', broker: crashed } }] } }),
      10_000 + elapsed,
    );
  const ledBefore = [...leadersIn(atTen(-1))]
    .filter(([, leader]) => leader === crashed)
    .map(([partition]) => partition);

  it('changes nothing for more than 5 s', () => {
    expect(rolesIn(atTen(5_699))).toEqual(rolesIn(atTen(-1)));
  });

  it('has other leaders at 5.7 s, and lists their partitions no longer under the dead broker', () => {
    const answer = atTen(5_700);
    for (const partition of ledBefore) expect(leadersIn(answer).get(partition)).not.toBe(crashed);
    expect(leadersIn(answer).size).toBe(3);
    expect(ledBefore.length).toBeLessThan(3);
    expect([...(rolesIn(answer).get(crashed)?.keys() ?? [])].toSorted()).toEqual(
      [1, 2, 3].filter((partition) => !ledBefore.includes(partition)),
    );
  });

  it('lists the dead broker until 11.5 s', () => {
    expect(rolesIn(atTen(11_499)).has(crashed)).toBe(true);
    expect(rolesIn(atTen(11_500)).has(crashed)).toBe(false);
    expect(atTen(11_500).clusterSize).toBe(3);
  });
});

describe('a restart, with the timing of a real 8.6.0 cluster', () => {
  const model = () =>
    simulateCluster({
      script: {
        events: [
          { at: 0, event: { type: 'broker-crashes', broker: 1 } },
          { at: 60_000, event: { type: 'broker-restarts', broker: 1 } },
        ],
      },
    });
  const replicasOf1 = (elapsed: number) => rolesIn(answerAt(model(), 60_000 + elapsed)).get(1)?.size;

  it('is back after 16 s without partitions and complete after 19 s', () => {
    expect(replicasOf1(15_999)).toBeUndefined();
    expect(replicasOf1(16_000)).toBe(0);
    expect(replicasOf1(19_000)).toBe(3);
  });

  it('gives the partitions back one after the other', () => {
    const sizes = Array.from({ length: 31 }, (_, i) => replicasOf1(16_000 + i * 100) ?? -1);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect(new Set(sizes).size).toBeGreaterThan(2);
  });

  it('does not happen if the broker crashes again while it starts', () => {
    const again = model();
    again.at(70_000);
    again.apply({ type: 'broker-crashes', broker: 1 }, 70_000);
    expect(rolesIn(answerAt(again, 200_000)).has(1)).toBe(false);
  });
});

describe('quorum', () => {
  it('is lost with two of three brokers: every replica left is a healthy follower, and there is no leader', () => {
    const model = simulateCluster();
    model.apply({ type: 'broker-crashes', broker: 1 }, 0);
    model.apply({ type: 'broker-crashes', broker: 2 }, 0);
    const answer = answerAt(model, 11_500);
    expect(answer.brokers?.map(({ nodeId }) => nodeId)).toEqual([0]);
    for (const partition of answer.brokers?.[0]?.partitions ?? []) {
      expect(partition).toMatchObject({ role: 'follower', health: 'healthy' });
    }
  });

  it('comes back with a restarted broker', () => {
    const model = simulateCluster();
    model.apply({ type: 'broker-crashes', broker: 1 }, 0);
    model.apply({ type: 'broker-crashes', broker: 2 }, 0);
    model.apply({ type: 'broker-restarts', broker: 2 }, 30_000);
    expect(leadersIn(answerAt(model, 46_000)).size).toBe(0);
    expect(leadersIn(answerAt(model, 49_000)).size).toBe(3);
  });

  it('makes a dead replica inactive and elects another leader', () => {
    const model = simulateCluster();
    const leader = leaderOf(model, 1);
    model.apply({ type: 'replica-health', partition: 1, broker: leader, health: 'dead' }, 0);
    const answer = answerAt(model, 0);
    expect(rolesIn(answer).get(leader)?.get(1)).toBe('inactive');
    expect(leadersIn(answer).get(1)).not.toBe(leader);
  });

  it('leaves an unhealthy leader its role', () => {
    const model = simulateCluster();
    const leader = leaderOf(model, 1);
    model.apply({ type: 'replica-health', partition: 1, broker: leader, health: 'unhealthy' }, 0);
    expect(leadersIn(answerAt(model, 0)).get(1)).toBe(leader);
  });
});

describe('other events', () => {
  it('moves a leader after a moment without one, to the broker named', () => {
    const model = simulateCluster();
    const to = (leaderOf(model, 2) + 1) % 3;
    model.apply({ type: 'leader-moves', partition: 2, to }, 0);
    expect(leadersIn(answerAt(model, 100)).has(2)).toBe(false);
    expect(leadersIn(answerAt(model, 1_000)).get(2)).toBe(to);
  });

  it('moves a leader to another broker where none is named', () => {
    for (let seed = 0; seed < 10; seed++) {
      const model = simulateCluster({ seed });
      const before = leaderOf(model, 1);
      model.apply({ type: 'leader-moves', partition: 1 }, 0);
      expect(leadersIn(answerAt(model, 1_000)).get(1)).not.toBe(before);
    }
  });

  it('forgets the topology and finds it again', () => {
    const model = simulateCluster();
    model.apply({ type: 'gateway-forgets' }, 0);
    expect(answerAt(model, 0)).toEqual({
      clusterSize: -1,
      partitionsCount: 0,
      replicationFactor: 0,
      gatewayVersion: '8.6.0',
    });
    model.apply({ type: 'gateway-recovers' }, 0);
    expect(answerAt(model, 0).brokers).toHaveLength(3);
  });

  it('scales up: new replicas join, then are active round robin, and the change id grows', () => {
    const model = simulateCluster({ version: '8.10.0' });
    expect(answerAt(model, 0)).toMatchObject({ lastCompletedChangeId: '-1', replicationFactor: 3 });
    model.apply({ type: 'scale', brokers: 5, partitions: 5 }, 0);
    const during = answerAt(model, 5_000);
    expect(during).toMatchObject({
      clusterSize: 5,
      partitionsCount: 5,
      replicationFactor: 1,
      lastCompletedChangeId: '-1',
    });
    expect(during.brokers?.find(({ brokerId }) => brokerId === '4')?.partitions).toContainEqual({
      partitionId: 5,
      role: 'inactive',
      health: 'healthy',
      state: 'joining',
    });
    const after = answerAt(model, 20_000);
    expect(after).toMatchObject({ clusterSize: 5, replicationFactor: 3, lastCompletedChangeId: '1' });
    expect(leadersIn(after).size).toBe(5);
    expect([...(rolesIn(after).get(4)?.keys() ?? [])].toSorted()).toEqual([3, 4, 5]);
  });

  it('scales down: the replicas move, then the broker is gone', () => {
    const model = simulateCluster({ brokers: 4, partitions: 4 });
    model.apply({ type: 'scale', brokers: 3 }, 0);
    expect(answerAt(model, 5_000)).toMatchObject({ clusterSize: 4 });
    const after = answerAt(model, 20_000);
    expect(after.clusterSize).toBe(3);
    expect([...rolesIn(after).keys()].toSorted()).toEqual([0, 1, 2]);
    expect(leadersIn(after).size).toBe(4);
  });

  it('upgrades broker by broker, the last first, the gateway at the end', () => {
    const model = simulateCluster();
    model.apply({ type: 'upgrade', version: '8.9.0' }, 0);
    const versions = (elapsed: number) =>
      Object.fromEntries(answerAt(model, elapsed).brokers?.map(({ nodeId, version }) => [nodeId, version]) ?? []);
    expect(versions(1_000)).toEqual({ 0: '8.6.0', 1: '8.6.0' });
    expect(leadersIn(answerAt(model, 1_000)).size).toBe(3);
    expect(versions(25_000)).toEqual({ 0: '8.6.0', 1: '8.6.0', 2: '8.9.0' });
    expect(answerAt(model, 85_000).gatewayVersion).toBe('8.6.0');
    expect(answerAt(model, 90_000)).toMatchObject({ gatewayVersion: '8.9.0', lastCompletedChangeId: '-1' });
    expect(versions(90_000)).toEqual({ 0: '8.9.0', 1: '8.9.0', 2: '8.9.0' });
  });

  it('repeats a script for ever', () => {
    const events: readonly Timed<SimulatedEvent>[] = [
      { at: 1_000, event: { type: 'gateway-forgets' } },
      { at: 2_000, event: { type: 'gateway-recovers' } },
    ];
    const model = simulateCluster({ script: { events, repeatEvery: 10_000 } });
    expect([500, 1_500, 2_500, 11_500, 12_500, 1_001_500].map((at) => answerAt(model, at).clusterSize)).toEqual([
      3, -1, 3, -1, 3, -1,
    ]);
  });
});

describe('what cannot be', () => {
  it.each<[SimulatedEvent, string]>([
    [{ type: 'broker-crashes', broker: 3 }, 'There is no broker 3: the cluster has brokers 0 to 2.'],
    [{ type: 'leader-moves', partition: 0 }, 'There is no partition 0: the cluster has partitions 1 to 3.'],
    [{ type: 'scale', brokers: 2 }, '2 brokers cannot hold 3 replicas of a partition.'],
    [{ type: 'scale', partitions: 2 }, 'partitions must be 3 to 8192; it is 2.'],
  ])('refuses %j by hand, and in a script before it starts', (event, message) => {
    expect(() => simulateCluster().apply(event, 0)).toThrow(new RangeError(message));
    expect(() => simulateCluster({ script: { events: [{ at: 9_000, event }] } })).toThrow(new RangeError(message));
  });

  it('refuses a replica where there is none', () => {
    const event: SimulatedEvent = { type: 'replica-health', partition: 1, broker: 4, health: 'dead' };
    expect(() => simulateCluster({ brokers: 5 }).apply(event, 0)).toThrow(
      'Partition 1 has no replica on broker 4: it is on brokers 0, 1, 2.',
    );
  });

  it('refuses sizes Zeebe would refuse', () => {
    expect(() => simulateCluster({ brokers: 2, replicationFactor: 3 })).toThrow(RangeError);
    expect(() => simulateCluster({ partitions: 8_193 })).toThrow('partitions must be 1 to 8192; it is 8193.');
  });

  it('refuses a script that repeats before it ends', () => {
    const events: readonly Timed<SimulatedEvent>[] = [{ at: 5_000, event: { type: 'gateway-forgets' } }];
    expect(() => simulateCluster({ script: { events, repeatEvery: 5_000 } })).toThrow('repeatEvery must be more than');
  });
});

/** Any cluster and any script of events; either scaling or the health of replicas that scaling would move. */
const anyStory: fc.Arbitrary<ClusterModelOptions> = fc
  .record({
    seed: fc.integer(),
    brokers: fc.integer({ min: 1, max: 7 }),
    partitions: fc.integer({ min: 1, max: 12 }),
    factor: fc.integer({ min: 1, max: 5 }),
    scaling: fc.boolean(),
  })
  .chain(({ seed, brokers, partitions, factor, scaling }) => {
    const replicationFactor = Math.min(factor, brokers);
    const broker = fc.integer({ min: 0, max: brokers - 1 });
    const partition = fc.integer({ min: 1, max: partitions });
    const health = fc.constantFrom('healthy', 'unhealthy', 'dead');
    const place = fc.integer({ min: 0, max: replicationFactor - 1 });
    const event: fc.Arbitrary<SimulatedEvent> = fc.oneof(
      fc.record({ type: fc.constant('broker-crashes'), broker }),
      fc.record({ type: fc.constant('broker-stops'), broker }),
      fc.record({ type: fc.constant('broker-restarts'), broker }),
      fc.record({ type: fc.constant('leader-moves'), partition }),
      fc.record({ type: fc.constant('upgrade'), version: fc.constant('8.10.1') }),
      scaling
        ? fc.record({
            type: fc.constant('scale'),
            brokers: fc.integer({ min: brokers, max: 9 }),
            partitions: fc.constant(12),
          })
        : fc.record({ partition, place, health }).map((replica) => ({
            type: 'replica-health' as const,
            partition: replica.partition,
            broker: (replica.partition - 1 + replica.place) % brokers,
            health: replica.health,
          })),
    );
    const events = fc.array(fc.record({ at: fc.integer({ min: 0, max: 120_000 }), event }), { maxLength: 15 });
    return events.map((timed) => ({ seed, brokers, partitions, replicationFactor, script: { events: timed } }));
  });

const anyMoments = fc
  .array(fc.integer({ min: 0, max: 200_000 }), { minLength: 1, maxLength: 20 })
  .map((moments) => moments.toSorted((a, b) => a - b));

describe('at any time of any script', () => {
  it('has one leader a partition at most, no entry twice, and no more active replicas than the factor', () => {
    fc.assert(
      fc.property(anyStory, anyMoments, (options, moments) => {
        const model = simulateCluster({ ...options, version: '8.10.0' });
        for (const moment of moments) {
          const { brokers = [], clusterSize, partitionsCount } = answerAt(model, moment);
          const entries = brokers.flatMap((broker) => broker.partitions.map((entry) => ({ broker, entry })));
          const leaders = entries.filter(({ entry }) => entry.role === 'leader').map(({ entry }) => entry.partitionId);
          expect(new Set(leaders).size).toBe(leaders.length);
          expect(new Set(brokers.map(({ brokerId }) => brokerId)).size).toBe(brokers.length);
          expect(brokers.length).toBeLessThanOrEqual(clusterSize);
          const places = entries.map(({ broker, entry }) => `${broker.brokerId}/${entry.partitionId}`);
          expect(new Set(places).size).toBe(places.length);
          const active = new Map<number, number>();
          for (const { entry } of entries) {
            expect(entry.partitionId).toBeGreaterThanOrEqual(1);
            expect(entry.partitionId).toBeLessThanOrEqual(partitionsCount);
            if (entry.state === 'active') active.set(entry.partitionId, (active.get(entry.partitionId) ?? 0) + 1);
          }
          expect(Math.max(0, ...active.values())).toBeLessThanOrEqual(options.replicationFactor ?? 3);
        }
      }),
    );
  });

  it('tells the same story for the same seed, however often one asks', () => {
    fc.assert(
      fc.property(anyStory, anyMoments, (options, moments) => {
        const polled = simulateCluster(options);
        for (const moment of moments) answerAt(polled, moment);
        expect(answerAt(polled, 200_000)).toEqual(answerAt(simulateCluster(options), 200_000));
      }),
    );
  });

  it('has no leader without a majority, but for a dead one that is still listed', () => {
    const crashesAndRestarts = anyStory.map((options) => ({
      ...options,
      script: {
        events: (options.script?.events ?? []).filter(
          ({ event }) => event.type === 'broker-crashes' || event.type === 'broker-restarts',
        ),
      },
    }));
    fc.assert(
      fc.property(crashesAndRestarts, anyMoments, (options, moments) => {
        const model = simulateCluster(options);
        const { brokers = 3, replicationFactor = 3 } = options;
        for (const moment of moments) {
          for (const [partition, leader] of leadersIn(answerAt(model, moment))) {
            const places = Array.from({ length: replicationFactor }, (_, i) => (partition - 1 + i) % brokers);
            const voting = places.filter((place) => !isKnownToBeDown(options.script.events, place, moment));
            const deadAndListed = isKnownToBeDown(options.script.events, leader, moment, 0);
            if (!deadAndListed) expect(voting.length).toBeGreaterThan(replicationFactor / 2);
            expect(isKnownToBeDown(options.script.events, leader, moment, 11_500)).toBe(false);
          }
        }
      }),
    );
  });

  it('is whole again 30 s after every broker was started', () => {
    fc.assert(
      fc.property(anyStory, (options) => {
        const model = simulateCluster(options);
        model.at(400_000);
        const { clusterSize, partitionsCount } = answerAt(model, 400_000);
        const { brokers = 3 } = options;
        for (let broker = 0; broker < brokers; broker++) {
          model.apply({ type: 'broker-restarts', broker }, 400_000);
        }
        const answer = answerAt(model, 430_000);
        expect(answer.brokers).toHaveLength(clusterSize);
        expect(leadersIn(answer).size).toBe(partitionsCount);
        const listed = answer.brokers?.flatMap(({ partitions }) => partitions) ?? [];
        expect(listed).toHaveLength(partitionsCount * (options.replicationFactor ?? 3));
      }),
    );
  });
});

/** Whether a broker's process has been dead for `noticed` ms, and has not begun to get its partitions back. */
function isKnownToBeDown(events: readonly Timed<SimulatedEvent>[], broker: number, moment: number, noticed = 5_700) {
  let downSince: number | undefined;
  let startedAt: number | undefined;
  for (const { at, event } of events.toSorted((a, b) => a.at - b.at)) {
    if (at > moment || !('broker' in event) || event.broker !== broker) continue;
    if (startedAt !== undefined && at >= startedAt + 16_000) {
      downSince = undefined;
      startedAt = undefined;
    }
    if (event.type === 'broker-crashes') {
      downSince ??= at;
      startedAt = undefined;
    } else if (startedAt === undefined) {
      downSince ??= at;
      startedAt = at;
    }
  }
  const back = startedAt !== undefined && moment >= startedAt + 16_000;
  return downSince !== undefined && !back && moment >= downSince + noticed;
}

it('answers for 1,000 brokers and 8,000 partitions', () => {
  const model = simulateCluster({ brokers: 1_000, partitions: 8_000 });
  model.apply({ type: 'broker-crashes', broker: 500 }, 0);
  const answer = answerAt(model, 30_000);
  expect(answer.brokers).toHaveLength(999);
  expect(leadersIn(answer).size).toBe(8_000);
  expect(answer.brokers?.flatMap(({ partitions }) => partitions)).toHaveLength(24_000 - 24);
});

it('chooses other leaders for another seed', () => {
  const leaders = Array.from({ length: 20 }, (_, seed) => leaderOf(simulateCluster({ seed }), 1));
  expect(new Set(leaders)).toEqual(new Set([0, 1, 2]));
});
