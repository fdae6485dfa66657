import { describe, expect, it } from 'vitest';
import { simulateCluster } from '../../src/simulator/cluster-model.ts';
import { answerAt, leadersIn, rolesIn } from './model-answers.ts';

describe('the scaling of a simulated cluster', () => {
  it('up: new replicas join, become active round robin, and the change id increases', () => {
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

  it('down: the replicas move, and then the broker is removed', () => {
    const model = simulateCluster({ brokers: 4, partitions: 4 });
    model.apply({ type: 'scale', brokers: 3 }, 0);
    expect(answerAt(model, 5_000)).toMatchObject({ clusterSize: 4 });
    const after = answerAt(model, 20_000);
    expect(after.clusterSize).toBe(3);
    expect([...rolesIn(after).keys()].toSorted()).toEqual([0, 1, 2]);
    expect(leadersIn(after).size).toBe(4);
  });
});
