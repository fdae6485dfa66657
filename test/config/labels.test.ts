import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { reservedLabels, reservedPrefixes } from '../../src/config/labels.ts';
import { complaints, fileOf, fileWith, load, onlyCluster } from './loading.ts';

const labelsOf = (...lines: readonly string[]) => fileWith('labels:', ...lines.map((line) => `  ${line}`));
const place = 'conf/exporter.yml:4: clusters[0].labels: expected';

describe('the labels of a cluster', () => {
  it('are none by default', () => {
    expect(onlyCluster({ file: fileWith() }).labels).toEqual({});
    expect(onlyCluster({}).labels).toEqual({});
  });

  it('are those of the file, in their order', () => {
    const { labels } = onlyCluster({ file: labelsOf('team: payments', 'tier: "1"', '_Stage2: "pré prod"') });
    expect(Object.entries(labels)).toEqual([
      ['team', 'payments'],
      ['tier', '1'],
      ['_Stage2', 'pré prod'],
    ]);
  });

  it.each([
    'zeebe_cluster',
    'physical_tenant',
    'instance',
    'job',
    'namespace',
    'service',
    'pod',
    'le',
    'quantile',
    'broker',
    'reason',
    'status',
    '__name__',
    '__meta_x',
    'exported_endpoint',
  ])('are not called %s', (name) => {
    expect(complaints({ file: labelsOf('team: a', `${name}: b`) })).toEqual([
      `${place} labels other than ${name} (the exporter and Prometheus set it themselves), found {"team":"a","${name}":"b"}`,
    ]);
  });

  it.each(['team', 'stage', 'environment', 'cluster', 'region', 'zone', 'tenant'])('may be called %s', (name) => {
    expect(onlyCluster({ file: labelsOf(`${name}: b`) }).labels).toEqual({ [name]: 'b' });
  });

  it('have names that docs/discovery.md does not list as refused', async () => {
    const page = await readFile('docs/discovery.md', 'utf8');
    const [, list = ''] = /names of labels are refused[^:]*:((?:\n.+)+)/.exec(page) ?? [];
    expect([...list.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual([...reservedLabels, ...reservedPrefixes]);
  });

  it.each([
    'my-team',
    '1st',
    'täam',
    'a.b',
    '""',
    '"a b"',
    'a'.repeat(65),
  ])('do not have a name outside of the classic data model: %s', (name) => {
    expect(complaints({ file: labelsOf(`${name}: a`) })[0]).toContain(
      `${place} label names of at most 64 letters, digits and underscores, without a digit at the beginning`,
    );
  });

  it('have values of 1 to 128 characters in one line', () => {
    expect(
      onlyCluster({ file: labelsOf(`team: ${'ä'.repeat(128)}`, `${'a'.repeat(64)}: b`) }).labels.team,
    ).toHaveLength(128);
    expect(complaints({ file: labelsOf(`team: ${'a'.repeat(129)}`) })[0]).toContain(
      `${place} a value of the label team of at most 128 characters`,
    );
    for (const value of ['""', '"a\\nb"']) {
      expect(complaints({ file: labelsOf(`team: ${value}`) })[0]).toContain(
        'text without control characters, not empty',
      );
    }
  });

  it('are 16 at most', () => {
    const lines = (count: number) => Array.from({ length: count }, (_, index) => `l${index}: a`);
    expect(Object.keys(onlyCluster({ file: labelsOf(...lines(16)) }).labels)).toHaveLength(16);
    expect(complaints({ file: labelsOf(...lines(17)) })[0]).toContain(`${place} at most 16 labels`);
  });

  it('are texts', () => {
    expect(complaints({ file: labelsOf('tier: 1') })[0]).toContain('a mapping from names to texts (each in quotes');
  });

  it('are listed as effective settings', () => {
    const [cluster] = load({ file: labelsOf('team: a', 'tier: "1"') }).clusters;
    expect(cluster?.origin.settings()).toContainEqual({
      key: 'labels',
      value: 'team=a tier=1',
      place: 'conf/exporter.yml:4: clusters[0].labels',
    });
  });
});

describe('what service discovery tells of a cluster', () => {
  it('is where it is described', () => {
    expect(onlyCluster({ file: fileWith() }).meta).toEqual({ provider: 'file' });
    expect(onlyCluster({ env: { ZEEBE_REST_ADDRESS: 'http://zeebe:8080' } }).meta).toEqual({ provider: 'environment' });
  });

  it('is the region in an address of Camunda SaaS', () => {
    expect(onlyCluster({ env: { CAMUNDA_CLUSTER_ID: '0f4a', CAMUNDA_CLUSTER_REGION: 'syd-1' } }).meta).toEqual({
      provider: 'environment',
      region: 'syd-1',
    });
    expect(onlyCluster({ file: fileOf('https://bru-2.zeebe.camunda.io:443/0f4a', []) }).meta.region).toBe('bru-2');
    expect(onlyCluster({ file: fileOf('https://bru-2.zeebe.camunda.io.example.com/0f4a', []) }).meta.region).toBe(
      undefined,
    );
  });
});
