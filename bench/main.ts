import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { best, falling, missing } from './check.ts';
import { full, short } from './effort.ts';
import type { Figure } from './figure.ts';
import { measurements, ratioMeasurements } from './measurements.ts';
import { page } from './page.ts';

// `npm run bench` measures everything and writes the figures and the page. `-- --only scrapes` measures and prints one
// part. `--check` compares with the written figures.
const { values } = parseArgs({ options: { only: { type: 'string', multiple: true }, check: { type: 'boolean' } } });
const written = new URL('figures.json', import.meta.url);

if (values.check) {
  if (!existsSync(written)) throw new Error(`${written.pathname}: \`npm run bench\` writes it first`);
  process.exitCode = (await check(JSON.parse(readFileSync(written, 'utf8')))) ? 0 : 1;
} else if (values.only) {
  for (const name of values.only) await measured(name, full);
} else {
  const figures: Figure[] = [];
  for (const name of Object.keys(measurements)) figures.push(...(await measured(name, full)));
  writeFileSync(written, `${JSON.stringify(figures, null, 2)}\n`);
  writeFileSync(new URL('../docs/benchmarks.md', import.meta.url), page(figures));
}

/** Returns whether no ratio has fallen. */
async function check(committed: readonly Figure[]): Promise<boolean> {
  const figures: Figure[] = [];
  const complaints: string[] = [];
  for (const name of Object.keys(ratioMeasurements)) {
    const quick = await measured(name, short);
    figures.push(...quick);
    // A busy machine may be the cause. A ratio counts as fallen only if all longer runs confirm it.
    if (falling(committed, quick).length > 0) complaints.push(...falling(committed, await measured(name, full), best));
  }
  complaints.push(...missing(committed, figures));
  for (const sentence of complaints) process.stderr.write(`${sentence}\n`);
  return complaints.length === 0;
}

async function measured(name: string, effort: typeof full): Promise<readonly Figure[]> {
  const measure = measurements[name];
  if (!measure) throw new Error(`--only ${name}: expected one of ${Object.keys(measurements).join(', ')}`);
  const figures = await measure(effort);
  for (const { what, reached, target, unit, detail } of figures) {
    const [median, least, most] = [reached.median, reached.least, reached.most].map((value) => value.toPrecision(3));
    process.stdout.write(`${what}: ${median} (${least} to ${most}) ${unit}, target ${target}; ${detail}\n`);
  }
  return figures;
}
