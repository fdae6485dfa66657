import { expect, it } from 'vitest';
import { describeFaults } from './claims.ts';
import { doors } from './documents.ts';
import { endedByDeadline, faults } from './faults.ts';

// Few enough that a short deadline is met by all that answers.
const matrix = describeFaults({ doors, faults: faults.filter(endedByDeadline), pollTimeout: 4_000 });

it('other clusters are polled while polls wait for their deadline', () => {
  expect(matrix().neighbourPolls).toBeGreaterThan(1);
});
