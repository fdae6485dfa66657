import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { haveSameReplicas, sortedById } from '../../src/zeebe/topology.ts';
import { broker, follower, leader } from '../topologies.ts';

it('broker ids are sorted by number within each zone', () => {
  const ids = ['10', '2', 'eu-west-1_10', 'eu-west-1_2', '0', 'ap-south-1_0'];
  expect(sorted(ids)).toEqual(['0', '2', '10', 'ap-south-1_0', 'eu-west-1_2', 'eu-west-1_10']);
});

it('numbers in broker ids are compared by value at any length', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: 0n, max: 10n ** 250n })), (numbers) => {
      const byValue = [...numbers].sort((a, b) => (a < b ? -1 : Number(a > b)));
      expect(sorted(numbers.map((number) => `zone_${number}`))).toEqual(byValue.map((number) => `zone_${number}`));
    }),
  );
});

it('broker ids are sorted independently of their original order', () => {
  const ids = fc.uniqueArray(fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('1', '01', '001', 'a1', 'a01')));
  const shuffled = ids.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
  fc.assert(
    fc.property(shuffled, ([all, others]) => {
      expect(sorted(others)).toEqual(sorted(all));
    }),
  );
});

function sorted(ids: readonly string[]): readonly string[] {
  return sortedById(ids, (id) => id);
}

describe('two lists of brokers', () => {
  const brokers = [broker('0', leader(1), follower(2)), broker('1', follower(1), leader(2))];

  it.each([
    ['the same', brokers],
    ['another leader', [broker('0', follower(1), follower(2)), broker('1', leader(1), leader(2))]],
    ['another health', [broker('0', leader(1, { health: 'dead' }), follower(2)), broker('1', follower(1), leader(2))]],
  ])('have the same replicas: %s', (_what, others) => {
    expect(haveSameReplicas(brokers, others)).toBe(true);
  });

  it.each([
    ['one broker fewer', brokers.slice(0, 1)],
    ['one broker more', [...brokers, broker('2')]],
    ['another broker', [broker('0', leader(1), follower(2)), broker('2', follower(1), leader(2))]],
    ['one replica fewer', [broker('0', leader(1)), broker('1', follower(1), leader(2))]],
    ['another partition', [broker('0', leader(1), follower(3)), broker('1', follower(1), leader(2))]],
    ['an additional state', [broker('0', leader(1, { state: 'active' }), follower(2)), ...brokers.slice(1)]],
  ])('do not have the same replicas: %s', (_what, others) => {
    expect(haveSameReplicas(brokers, others)).toBe(false);
    expect(haveSameReplicas(others, brokers)).toBe(false);
  });
});
