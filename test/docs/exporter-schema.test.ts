import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { exampleFile } from '../../docs/configuration.ts';
import { exporterSchema, exporterSchemaText } from '../../docs/exporter-schema.ts';
import type { Schema } from '../../helm/json-schema.ts';
import type { Table } from '../../src/config/setting.ts';
import { clusterTable, topTable } from '../../src/config/settings-table.ts';
import { complaints, fileWith } from '../config/loading.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const validate = new Ajv({ allErrors: true, allowUnionTypes: true, strictRequired: false }).compile(exporterSchema());

function problems(file: string): readonly string[] {
  validate(parse(file));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const modeline =
  '# yaml-language-server: $schema=https://raw.githubusercontent.com/zeebe-topology-exporter/zeebe-topology-exporter/main/docs/exporter.schema.json\n';

/** The example files of the configuration, by where they are. */
const examples: Readonly<Record<string, string>> = {
  'docs/configuration.md': exampleFile,
  'examples/systemd/exporter.yml': read('examples/systemd/exporter.yml'),
  'examples/kubernetes/exporter.yaml': parseAllDocuments(read('examples/kubernetes/exporter.yaml'))[0]?.toJS()
    .stringData['exporter.yml'],
};

/** The settings of the file below a table's mapping, as the schema nests them. */
function schemaOf(key: string, { properties = {} }: Schema): Schema | undefined {
  const [name = '', ...inner] = key.split('.');
  const found = properties[name];
  return inner.length === 0 ? found : found && schemaOf(inner.join('.'), found);
}

const inFile = (table: Table) => Object.entries(table).filter(([, { file }]) => file !== false);
const { clusters, ...top } = exporterSchema().properties ?? {};

describe('docs/exporter.schema.json', () => {
  it('is what `npm run docs` writes', () => {
    expect(read('docs/exporter.schema.json')).toBe(exporterSchemaText());
  });

  it.each(Object.entries(examples))('accepts the example in %s, which names it in its first line', (_path, file) => {
    expect(file.startsWith(modeline)).toBe(true);
    expect(problems(file)).toEqual([]);
  });

  it('is not for the examples of the chart, which name that of its values', () => {
    const folder = 'helm/zeebe-topology-exporter/examples/';
    for (const name of readdirSync(new URL(`../../${folder}`, import.meta.url))) {
      expect(read(folder + name), name).toMatch(/^# yaml-language-server: \$schema=\.\.\/values\.schema\.json\n/);
    }
  });

  it('describes every setting of the file', () => {
    for (const [key, { doc }] of inFile(topTable))
      expect(schemaOf(key, { properties: top })?.description, key).toBe(doc);
    for (const [key, { doc }] of inFile(clusterTable)) {
      expect(schemaOf(key, clusters?.items ?? {})?.description, key).toBe(doc);
    }
  });

  it('allows exactly the words that the exporter accepts', () => {
    const tables = [
      [topTable, { properties: top }],
      [clusterTable, clusters?.items ?? {}],
    ] as const;
    const words = tables.flatMap(([table, schema]) =>
      inFile(table).flatMap(([key, { format }]) =>
        (schemaOf(key, schema)?.enum ?? []).map((word) => ({ key, accept: () => format(String(word)) })),
      ),
    );
    expect(new Set(words.map(({ key }) => key)).size).toBe(8);
    for (const { key, accept } of words) expect(accept, key).not.toThrow();
    const choices = tables
      .flatMap(([table]) => inFile(table))
      .filter(([, { format, shape }]) => {
        try {
          if (shape === 'text') format('nonsense');
          return false;
        } catch (error) {
          return error instanceof Error && /^(one of|the word) /.test(error.message);
        }
      });
    expect(new Set(choices.map(([key]) => key))).toEqual(new Set(words.map(({ key }) => key)));
  });

  it.each([
    ['adress: http://zeebe'],
    ['poll_interval: 15'],
    ['poll_interval: 15 s'],
    ['poll_interval: 1s1m'],
    ['api_version: v3'],
    ['tls_config: { insecure_skip_verify: "true" }'],
    ['tls_config: { min_version: TLS14 }'],
    ['oauth2: { client_id: 1234 }'],
    ['oauth2: { scopes: a }'],
    ['headers: { X-Retry: 3 }'],
  ])('rejects %s, as the exporter does', (line) => {
    expect(problems(fileWith(line))).not.toEqual([]);
    expect(complaints({ file: fileWith(line) })).not.toEqual([]);
  });

  it.each([
    ['clusters: []'],
    ['clusters: [{ address: "http://zeebe" }]'],
    ['clusters: [{ name: one }]'],
    ['clusters: [{ name: one, address: zeebe }]'],
    ['cluster: []'],
    ['discovery: {}'],
    ['discovery: { files: {} }'],
    ['discovery: { files: { paths: [a], refresh_interval: 10 } }'],
    ['discovery: { saas: {} }'],
    ['discovery: { kubernetes: { namespace: a } }'],
    ['discovery: { kubernetes: { profiles: { a: {} } } }'],
    ['discovery: { kubernetes: { profiles: { a: { namespaces: [a], name: b } } } }'],
    ['discovery: { saas: { oauth2: { client_id: 1 } } }'],
    ['discovery: { saas: { oauth2: { client_id: a, client_secret: b }, cluster: { name: a } } }'],
    [fileWith('basic_auth: { username: a, password: b }', 'oauth2: { client_id: a, client_secret: b }')],
  ])('rejects the file %j, as the exporter does', (file) => {
    expect(problems(file)).not.toEqual([]);
    expect(complaints({ file })).not.toEqual([]);
  });

  it('accepts the discovery of docs/discovery.md', () => {
    const blocks = [...read('docs/discovery.md').matchAll(/^```yaml\n(discovery:.*?)^```$/gms)];
    expect(blocks).toHaveLength(3);
    for (const [, file = ''] of blocks) expect(problems(file), file).toEqual([]);
  });

  it('accepts keys for aliases at the top', () => {
    expect(problems(`x-shared: &shared { server_name: a }\n${fileWith('tls_config: *shared')}`)).toEqual([]);
  });
});
