import { writeFileSync } from 'node:fs';
import { chartFiles } from './files.ts';
import { chart } from './values.ts';

for (const [path, text] of Object.entries(chartFiles())) {
  writeFileSync(new URL(path, chart), text);
}
