import { describe, expect, it } from 'vitest';
import { simulateCluster } from '../../src/simulator/cluster-model.ts';
import type { SimulatedEvent } from '../../src/simulator/simulated-events.ts';
import type { Timed } from '../../src/simulator/timeline.ts';
import { answerAt, leadersIn } from './model-answers.ts';

describe('the model of a simulated cluster', () => {
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

  it('repeats a script forever', () => {
    const events: readonly Timed<SimulatedEvent>[] = [
      { at: 1_000, event: { type: 'gateway-forgets' } },
      { at: 2_000, event: { type: 'gateway-recovers' } },
    ];
    const model = simulateCluster({ script: { events, repeatEvery: 10_000 } });
    expect([500, 1_500, 2_500, 11_500, 12_500, 1_001_500].map((at) => answerAt(model, at).clusterSize)).toEqual([
      3, -1, 3, -1, 3, -1,
    ]);
  });

  it('holds 1,000 brokers and 8,000 partitions', () => {
    const model = simulateCluster({ brokers: 1_000, partitions: 8_000 });
    model.apply({ type: 'broker-crashes', broker: 500 }, 0);
    const answer = answerAt(model, 30_000);
    expect(answer.brokers).toHaveLength(999);
    expect(leadersIn(answer).size).toBe(8_000);
    expect(answer.brokers?.flatMap(({ partitions }) => partitions)).toHaveLength(24_000 - 24);
  });
});

describe('the model of a simulated cluster rejects', () => {
  it.each<[SimulatedEvent, string]>([
    [{ type: 'broker-crashes', broker: 3 }, 'There is no broker 3: the cluster has brokers 0 to 2.'],
    [{ type: 'leader-moves', partition: 0 }, 'There is no partition 0: the cluster has partitions 1 to 3.'],
    [{ type: 'scale', brokers: 2 }, '2 brokers cannot hold 3 replicas of a partition.'],
    [{ type: 'scale', partitions: 2 }, 'partitions must be 3 to 8192; it is 2.'],
  ])('the event %j, applied or in a script', (event, message) => {
    expect(() => simulateCluster().apply(event, 0)).toThrow(new RangeError(message));
    expect(() => simulateCluster({ script: { events: [{ at: 9_000, event }] } })).toThrow(new RangeError(message));
  });

  it('the health of a replica that does not exist', () => {
    const event: SimulatedEvent = { type: 'replica-health', partition: 1, broker: 4, health: 'dead' };
    expect(() => simulateCluster({ brokers: 5 }).apply(event, 0)).toThrow(
      'Partition 1 has no replica on broker 4: it is on brokers 0, 1, 2.',
    );
  });

  it('sizes that Zeebe would refuse', () => {
    expect(() => simulateCluster({ brokers: 2, replicationFactor: 3 })).toThrow(RangeError);
    expect(() => simulateCluster({ partitions: 8_193 })).toThrow('partitions must be 1 to 8192; it is 8193.');
  });

  it('a script that repeats before it ends', () => {
    const events: readonly Timed<SimulatedEvent>[] = [{ at: 5_000, event: { type: 'gateway-forgets' } }];
    expect(() => simulateCluster({ script: { events, repeatEvery: 5_000 } })).toThrow('repeatEvery must be more than');
  });
});
