import { writeFileSync } from 'node:fs';
import { dashboards } from './dashboards.ts';

for (const [name, text] of Object.entries(dashboards())) {
  writeFileSync(new URL(name, import.meta.url), text);
}
