import { promtoolFolder } from '../release/go-tools.ts';

// Prints the folder of promtool 3.x. Builds promtool first if it is missing.
process.stdout.write(await promtoolFolder());
