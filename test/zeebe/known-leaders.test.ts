import { describe, expect, it } from 'vitest';
import { type KnownLeaders, nextKnownLeaders, noKnownLeaders } from '../../src/zeebe/known-leaders.ts';
import { partitionsOf } from '../../src/zeebe/partitions.ts';
import { viewOf } from '../../src/zeebe/view.ts';
import { broker, groupOf, leader, tenant, tenants, topology } from '../topologies.ts';

type Groups = Parameters<typeof nextKnownLeaders>[1];

function leadersAfter(...answers: readonly Groups[]): ReturnType<typeof nextKnownLeaders> {
  return answers.reduce<ReturnType<typeof nextKnownLeaders>>(
    ({ leaders }, groups) => nextKnownLeaders(leaders, groups),
    { leaders: noKnownLeaders, changes: [] },
  );
}

/** Returns the leaders after a sequence of answers in which these brokers led partition 1. */
function led(...leaders: readonly (readonly string[])[]) {
  return leadersAfter(
    ...leaders.map((ids) => {
      const brokers = ids.map((id) => broker(id, leader(1)));
      return [{ partitions: partitionsOf(groupOf(topology(brokers, { partitionsCount: 1 }))) }];
    }),
  );
}

/** An answer in which each of the brokers leads the partition that corresponds to its place. */
function ledBy(...ids: readonly string[]): Groups {
  return [{ partitions: ids.map((id, index) => ({ id: index + 1, leaders: [id] })) }];
}

/** An answer with partition 1 of these tenants, which broker 0 leads. */
function ofTenants(...ids: readonly string[]): Groups {
  return ids.map((id) => ({ tenant: id, partitions: [{ id: 1, leaders: ['0'] }] }));
}

/** As many tenants as there are partitions in the largest answer. */
function manyTenants(prefix: string): Groups {
  return ofTenants(...Array.from({ length: 8_192 }, (_, index) => `${prefix}${index}`));
}

function countsOf({ partitions }: KnownLeaders): readonly (readonly [partition: string, changes: number])[] {
  return [...partitions.values()].map(({ tenant, partition, changes }) => [
    tenant === undefined ? `${partition}` : `${partition} of ${tenant}`,
    changes,
  ]);
}

function namesIn(known: KnownLeaders): readonly string[] {
  return countsOf(known).map(([name]) => name);
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
    expect(countsOf(led(...leaders).leaders)).toEqual([['1', count]]);
  });

  it('is counted for each partition separately', () => {
    expect(countsOf(leadersAfter(ledBy('0', '1', '2'), ledBy('0', '2', '2')).leaders)).toEqual([
      ['1', 0],
      ['2', 1],
      ['3', 0],
    ]);
  });

  it('is counted by tenant and partition, as ids repeat', () => {
    const groups = (by: string) =>
      viewOf(tenants(tenant('default', { '0': [leader(1)] }), tenant('orders', { [by]: [leader(1)] })), []).groups;
    const { leaders, changes } = leadersAfter(groups('0'), groups('1'));
    expect(changes).toEqual([{ tenant: 'orders', partition: 1, from: '0', to: '1' }]);
    expect(countsOf(leaders)).toEqual([
      ['1 of default', 0],
      ['1 of orders', 1],
    ]);
  });
});

describe('a partition that is no longer listed', () => {
  it.each([
    ['fewer partitions', ledBy('0')],
    ['no partitions', []],
  ])('keeps its place and its number of changes after an answer with %s, and goes on counting', (_what, fewer) => {
    const gone = leadersAfter(ledBy('0', '1'), ledBy('0', '2'), fewer).leaders;
    expect(countsOf(gone)).toEqual([
      ['1', 0],
      ['2', 1],
    ]);
    const back = nextKnownLeaders(gone, ledBy('0', '3'));
    expect(back.changes).toEqual([{ partition: 2, from: '2', to: '3' }]);
    expect(countsOf(back.leaders)).toEqual([
      ['1', 0],
      ['2', 2],
    ]);
  });

  it('keeps its number of changes although the largest answer is followed by none', () => {
    const { leaders } = leadersAfter(manyTenants('a'), []);
    expect(leaders.partitions.size).toBe(8_192);
  });

  it('is forgotten once 8,192 partitions have gone after it, whatever the gateway lists', () => {
    const { leaders } = leadersAfter(ofTenants('first'), ofTenants('second'), manyTenants('a'), manyTenants('b'));
    expect(leaders.partitions.size).toBe(2 * 8_192);
    expect(namesIn(leaders)).not.toContain('1 of first');
    expect(namesIn(leaders)).not.toContain('1 of second');
  });

  it('outlives those that were gone before it, although it was listed before them', () => {
    const own = ofTenants('own');
    const { leaders } = leadersAfter(own, [...own, ...manyTenants('a')], own, ofTenants('other'));
    expect(namesIn(leaders)).toContain('1 of own');
    expect(leaders.partitions.size).toBe(8_192 + 1);
  });

  it('that was back is one of the latest when it goes again', () => {
    const own = ofTenants('own');
    const { leaders } = leadersAfter(own, [], manyTenants('a'), own, []);
    expect(namesIn(leaders)).toContain('1 of own');
    expect(leaders.partitions.size).toBe(8_192);
  });
});

describe('the known leaders', () => {
  it.each([
    ['the same partitions', [ledBy('0', '1'), ledBy('0', '1')]],
    ['partitions that lost their leaders', [ledBy('0'), [{ partitions: [{ id: 1, leaders: [] }] }]]],
    ['partitions that had gone before', [ledBy('0', '1'), ledBy('0'), ledBy('0')]],
  ])('are the same object after an answer with %s', (_what, answers) => {
    const before = leadersAfter(...answers.slice(0, -1)).leaders;
    expect(nextKnownLeaders(before, answers.at(-1) ?? []).leaders).toBe(before);
  });

  it('have another revision if they name other partitions, and not if only a leader has changed', () => {
    const { revision } = leadersAfter(ledBy('0', '1')).leaders;
    expect(leadersAfter(ledBy('0', '1'), ledBy('2', '1')).leaders.revision).toBe(revision);
    expect(leadersAfter(ledBy('0', '1'), ledBy('0', '1', '2')).leaders.revision).not.toBe(revision);
    const full = leadersAfter(manyTenants('a'), ofTenants('b')).leaders;
    const asMany = nextKnownLeaders(full, ofTenants('c')).leaders;
    expect(asMany.partitions.size).toBe(full.partitions.size);
    expect(asMany.revision).not.toBe(full.revision);
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
