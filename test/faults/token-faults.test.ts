import { describeFaults } from './describe-faults.ts';
import { endedByDeadline, faults } from './faults.ts';

describeFaults({
  endpoints: ['token', 'discovery'],
  faults: faults.filter((fault) => !endedByDeadline(fault)),
  pollTimeout: 120_000,
});
