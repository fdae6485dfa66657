import { writeFileSync } from 'node:fs';
import { rules } from './rules.ts';
import { defaultThresholds } from './thresholds.ts';

for (const [name, text] of Object.entries(rules(defaultThresholds))) {
  writeFileSync(new URL(name, import.meta.url), text);
}
