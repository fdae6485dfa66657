import { expect, it } from 'vitest';
import { describeFaults } from './describe-faults.ts';
import { endpoints } from './endpoint-documents.ts';
import { endedByDeadline, faults } from './faults.ts';

// These faults are few enough that polls with a response end before the short deadline.
const matrix = describeFaults({ endpoints, faults: faults.filter(endedByDeadline), pollTimeout: 4_000 });

it('other clusters are polled while polls wait for their deadline', () => {
  expect(matrix().neighbourPolls).toBeGreaterThan(1);
});
