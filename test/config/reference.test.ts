import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { configurationPage, exampleFile } from '../../docs/configuration.ts';
import type { Table } from '../../src/config/setting.ts';
import { clusterTable, topTable } from '../../src/config/settings-table.ts';
import { complaints, load } from './loading.ts';

describe('docs/configuration.md', () => {
  const page = configurationPage();

  it('is what `npm run docs` writes', () => {
    expect(readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')).toBe(page);
  });

  it('names every setting that it should, and its meaning', () => {
    const tables: readonly Table[] = [topTable, clusterTable];
    const rows = page.split('\n').filter((line) => line.startsWith('|'));
    for (const [key, { file, flag, variables = [], doc }] of tables.flatMap((table) => Object.entries(table))) {
      const names = [file === false ? [] : [key], flag ?? [], variables].flat();
      const isRow = (row: string) => row.includes(doc) && names.every((name) => row.includes(`\`${name}\``));
      expect(rows.some(isRow), key).toBe(true);
    }
  });

  it('has an example that is valid', () => {
    const files = { 'conf/secrets/production': 'a', 'conf/secrets/keycloak': 'b', 'conf/secrets/staging': 'c' };
    const { config, notices } = load({ file: exampleFile, files });
    expect(config.clusters.map(({ authentication }) => authentication.method)).toEqual(['oauth2', 'oauth2', 'basic']);
    expect(notices).toEqual([]);
    expect(page).toContain(exampleFile);
  });

  it('shows messages as they are', () => {
    const [first, second, ...rest] = exampleFile.split('      client_id: exporter\n');
    const files = { 'conf/secrets/production': 'a', 'conf/secrets/keycloak': 'b', 'conf/secrets/staging': 'c' };
    const shown = [
      ...complaints({ file: [`${first}      client_id: exporter\n${second}`, ...rest].join(''), files }),
      ...complaints({ env: { CAMUNDA_AUTH_STRATEGY: 'BEARER' }, flags: { 'web.telemetry_path': 'metrics' } }),
    ].map((line) => line.replace('conf/', ''));
    expect(shown).toHaveLength(3);
    expect(shown.filter((line) => !page.includes(line))).toEqual([]);
  });
});
