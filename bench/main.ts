import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { falling } from './check.ts';
import { full, short } from './effort.ts';
import type { Figure } from './figure.ts';
import { measurements, ratioMeasurements } from './measurements.ts';
import { page } from './page.ts';

// `npm run bench` measures all and writes; `-- --only scrapes` measures and prints; `--check` compares with what is written.
const { values } = parseArgs({ options: { only: { type: 'string', multiple: true }, check: { type: 'boolean' } } });
const committed = new URL('figures.json', import.meta.url);
const chosen = values.only ?? Object.keys(values.check ? ratioMeasurements : measurements);

if (values.check && !existsSync(committed)) throw new Error(`${committed.pathname}: \`npm run bench\` writes it first`);

const figures: Figure[] = [];
for (const name of chosen) {
  const measure = measurements[name];
  if (!measure) throw new Error(`--only ${name}: expected one of ${Object.keys(measurements).join(', ')}`);
  for (const figure of await measure(values.check ? short : full)) {
    const { what, reached, target, unit, detail } = figure;
    const told = [reached.median, reached.least, reached.most].map((value) => value.toPrecision(3));
    process.stdout.write(`${what}: ${told[0]} (${told[1]} to ${told[2]}) ${unit}, target ${target}; ${detail}\n`);
    figures.push(figure);
  }
}

if (values.check) {
  const fallen = falling(JSON.parse(readFileSync(committed, 'utf8')), figures);
  for (const sentence of fallen) process.stderr.write(`${sentence}\n`);
  process.exitCode = fallen.length === 0 ? 0 : 1;
} else if (!values.only) {
  writeFileSync(committed, `${JSON.stringify(figures, null, 2)}\n`);
  writeFileSync(new URL('../docs/benchmarks.md', import.meta.url), page(figures));
}
