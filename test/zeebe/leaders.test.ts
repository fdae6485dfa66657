import { describe, expect, it } from 'vitest';
import { nextLeaders, partitionsOf } from '../../src/zeebe/partitions.ts';
import { broker, groupOf, leader, topology } from '../topologies.ts';

/** Returns the leaders after a sequence of answers in which these brokers led partition 1. */
function led(...leaders: readonly (readonly string[])[]) {
  return leaders.reduce<ReturnType<typeof nextLeaders>>(
    ({ history }, ids) => {
      const brokers = ids.map((id) => broker(id, leader(1)));
      return nextLeaders(history, partitionsOf(groupOf(topology(brokers, { partitionsCount: 1 }))));
    },
    { history: new Map(), changes: [] },
  );
}

function countAfter(...leaders: readonly (readonly string[])[]): number | undefined {
  return led(...leaders).history.get(1)?.changes;
}

describe('the number of leader changes', () => {
  it.each([
    ['for a partition first seen with a leader', [['0']], 0],
    ['for a partition first seen without a leader', [[]], 0],
    ['for the first leader after none', [[], ['0']], 0],
    ['while the leader stays', [['0'], ['0']], 0],
    ['after A, none, A', [['0'], [], ['0']], 0],
    ['after A, none', [['0'], []], 0],
    ['after A, B', [['0'], ['1']], 1],
    ['after A, none, B', [['0'], [], ['1']], 1],
    ['after A, B, A', [['0'], ['1'], ['0']], 2],
    ['while the known leader is one of two', [['0'], ['0', '1'], ['0']], 0],
    ['while the known leader is one of two, in the other order', [['1'], ['0', '1'], ['1']], 0],
    ['for a second leader that stays', [['0'], ['0', '1'], ['1']], 1],
    ['for two leaders that are both new', [['0'], ['1', '2']], 1],
  ])('%s: %j is %i', (_case, leaders, count) => {
    expect(countAfter(...leaders)).toBe(count);
  });

  it('is counted for each partition separately', () => {
    const partitions = (ids: readonly string[]) =>
      partitionsOf(groupOf(topology(ids.map((id, index) => broker(id, leader(index + 1))))));
    const first = nextLeaders(new Map(), partitions(['0', '1']));
    const { history } = nextLeaders(first.history, partitions(['0', '2']));
    expect([...history].map(([id, { changes }]) => [id, changes])).toEqual([
      [1, 0],
      [2, 1],
      [3, 0],
    ]);
  });

  it('is kept for a partition that is no longer listed', () => {
    const { history } = led(['0'], ['1']);
    expect(nextLeaders(history, []).history.get(1)?.changes).toBe(1);
  });
});

describe('the leader changes of an answer', () => {
  it('name the old and the new leader', () => {
    expect(led(['0'], [], ['1']).changes).toEqual([{ partition: 1, from: '0', to: '1' }]);
  });

  it('are empty if the leader stays or is first seen', () => {
    expect(led(['0']).changes).toEqual([]);
    expect(led(['0'], ['0']).changes).toEqual([]);
    expect(led(['0'], ['1'], ['1']).changes).toEqual([]);
  });
});
