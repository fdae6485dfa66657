import { readdirSync, readFileSync } from 'node:fs';
import { readme } from './readme.ts';
import { valuesSchema } from './schema.ts';

const root = new URL('../', import.meta.url);

/** Returns the chart's generated and copied files, by path in the chart. */
export function chartFiles(): Readonly<Record<string, string>> {
  const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
  const dashboards = readdirSync(new URL('grafana/', root)).filter((name) => name.endsWith('.json'));
  return {
    'README.md': readme(),
    'values.schema.json': `${JSON.stringify(valuesSchema(), null, 2)}\n`,
    'files/rules/alerts.yaml': read('prometheus/alerts.yaml'),
    'files/rules/recording.yaml': read('prometheus/recording.yaml'),
    ...Object.fromEntries(dashboards.map((name) => [`files/dashboards/${name}`, read(`grafana/${name}`)])),
  };
}
