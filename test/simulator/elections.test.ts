import { describe, expect, it } from 'vitest';
import { simulateCluster } from '../../src/simulator/cluster-model.ts';
import { answerAt, leaderOf, leadersIn, rolesIn } from './model-answers.ts';

describe('the quorum of a simulated partition', () => {
  it('is lost with two of three brokers: the remaining replicas are healthy followers without a leader', () => {
    const model = simulateCluster();
    model.apply({ type: 'broker-crashes', broker: 1 }, 0);
    model.apply({ type: 'broker-crashes', broker: 2 }, 0);
    const answer = answerAt(model, 11_500);
    expect(answer.brokers?.map(({ nodeId }) => nodeId)).toEqual([0]);
    for (const partition of answer.brokers?.[0]?.partitions ?? []) {
      expect(partition).toMatchObject({ role: 'follower', health: 'healthy' });
    }
  });

  it('is restored by the restart of a broker', () => {
    const model = simulateCluster();
    model.apply({ type: 'broker-crashes', broker: 1 }, 0);
    model.apply({ type: 'broker-crashes', broker: 2 }, 0);
    model.apply({ type: 'broker-restarts', broker: 2 }, 30_000);
    expect(leadersIn(answerAt(model, 46_000)).size).toBe(0);
    expect(leadersIn(answerAt(model, 49_000)).size).toBe(3);
  });

  it('elects another leader when the leading replica is dead, which becomes inactive', () => {
    const model = simulateCluster();
    const leader = leaderOf(model, 1);
    model.apply({ type: 'replica-health', partition: 1, broker: leader, health: 'dead' }, 0);
    const answer = answerAt(model, 0);
    expect(rolesIn(answer).get(leader)?.get(1)).toBe('inactive');
    expect(leadersIn(answer).get(1)).not.toBe(leader);
  });

  it('keeps a leader that is unhealthy', () => {
    const model = simulateCluster();
    const leader = leaderOf(model, 1);
    model.apply({ type: 'replica-health', partition: 1, broker: leader, health: 'unhealthy' }, 0);
    expect(leadersIn(answerAt(model, 0)).get(1)).toBe(leader);
  });
});

describe('the event leader-moves of a simulated cluster', () => {
  it('makes the given broker the leader after a moment without one', () => {
    const model = simulateCluster();
    const to = (leaderOf(model, 2) + 1) % 3;
    model.apply({ type: 'leader-moves', partition: 2, to }, 0);
    expect(leadersIn(answerAt(model, 100)).has(2)).toBe(false);
    expect(leadersIn(answerAt(model, 1_000)).get(2)).toBe(to);
  });

  it('makes another broker the leader if none is given', () => {
    for (let seed = 0; seed < 10; seed++) {
      const model = simulateCluster({ seed });
      const before = leaderOf(model, 1);
      model.apply({ type: 'leader-moves', partition: 1 }, 0);
      expect(leadersIn(answerAt(model, 1_000)).get(1)).not.toBe(before);
    }
  });
});

it('chooses other leaders of a simulated cluster for another seed', () => {
  const leaders = Array.from({ length: 20 }, (_, seed) => leaderOf(simulateCluster({ seed }), 1));
  expect(new Set(leaders)).toEqual(new Set([0, 1, 2]));
});
