import { describeFaults } from './describe-faults.ts';
import { endedByDeadline, faults } from './faults.ts';

describeFaults({
  endpoints: ['cluster'],
  faults: faults.filter((fault) => !endedByDeadline(fault)),
  pollTimeout: 120_000,
});
