import { describeFaults } from './claims.ts';
import { endedByDeadline, faults } from './faults.ts';

describeFaults({ doors: ['cluster'], faults: faults.filter((fault) => !endedByDeadline(fault)), pollTimeout: 120_000 });
