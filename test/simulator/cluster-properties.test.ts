import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClusterModelOptions, simulateCluster } from '../../src/simulator/cluster-model.ts';
import type { SimulatedEvent } from '../../src/simulator/simulated-events.ts';
import type { Timed } from '../../src/simulator/timeline.ts';
import { answerAt, leadersIn } from './model-answers.ts';

/** Any cluster and script of events. A script has either scaling or changes of health, as scaling moves replicas. */
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

describe('a simulated cluster, at any time of any script', () => {
  it('has at most one leader per partition, no duplicates, and no more active replicas than the replication factor', () => {
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

  it('has the same state for the same seed, however often it is polled', () => {
    fc.assert(
      fc.property(anyStory, anyMoments, (options, moments) => {
        const polled = simulateCluster(options);
        for (const moment of moments) answerAt(polled, moment);
        expect(answerAt(polled, 200_000)).toEqual(answerAt(simulateCluster(options), 200_000));
      }),
    );
  });

  it('has no leader without a majority, except a dead one that is still listed', () => {
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

  it('is complete again 30 s after all brokers were started', () => {
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

/** Returns whether a broker's process has been dead for `noticed` ms and has not begun to rejoin its partitions. */
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
