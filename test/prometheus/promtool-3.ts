import { promtoolFolder } from '../release/go-tools.ts';

// Prints the folder that holds promtool 3.x, and builds it before if it is not there.
process.stdout.write(await promtoolFolder());
