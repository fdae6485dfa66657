import { readdirSync, readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { otherNames } from './other-names.ts';
import { readme } from './readme.ts';
import { alertName, holdsFor, ruleTemplates } from './rule-files.ts';
import { valuesSchema } from './schema.ts';

const root = new URL('../', import.meta.url);

/** Returns the chart's generated and copied files, by path in the chart. */
export function chartFiles(): Readonly<Record<string, string>> {
  const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
  const dashboards = readdirSync(new URL('grafana/', root)).filter((name) => name.endsWith('.json'));
  const waits = Object.entries(holdsFor).map(([name, duration]) => [alertName(name), duration]);
  return {
    'README.md': readme(),
    'values.schema.json': `${JSON.stringify(valuesSchema(), null, 2)}\n`,
    ...Object.fromEntries(Object.entries(ruleTemplates()).map(([name, text]) => [`files/rules/${name}`, text])),
    'files/other-names.yaml': stringify(otherNames),
    // The template needs the default durations: the rule files have placeholders for them.
    'files/rules/for.yaml': stringify(Object.fromEntries(waits)),
    ...Object.fromEntries(dashboards.map((name) => [`files/dashboards/${name}`, read(`grafana/${name}`)])),
  };
}
