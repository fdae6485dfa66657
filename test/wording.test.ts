import { describe, expect, it } from 'vitest';
import { named } from '../src/wording.ts';

const ids = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('lists of brokers and partitions in sentences', () => {
  it.each([
    [1, 'partition 1'],
    [2, 'partitions 1 and 2'],
    [3, 'partitions 1, 2 and 3'],
    [9, 'partitions 1, 2, 3, 4, 5, 6, 7, 8 and 9'],
    [10, 'partitions 1, 2, 3, 4, 5, 6, 7, 8, 9 and 10'],
    [11, 'partitions 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 1 more'],
    [12, 'partitions 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more'],
  ])('name at most ten: of %i', (count, text) => {
    expect(named('partition', ids(count))).toBe(text);
  });

  it('truncate ids after 60 characters', () => {
    expect(named('broker', ['b'.repeat(60)])).toBe(`broker ${'b'.repeat(60)}`);
    expect(named('broker', ['b'.repeat(61)])).toBe(`broker ${'b'.repeat(60)}…`);
  });
});
