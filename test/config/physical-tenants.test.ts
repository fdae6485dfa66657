import { describe, expect, it } from 'vitest';
import { complaints, load, onlyCluster } from './loading.ts';

const fileWith = (address: string, ...lines: readonly string[]) =>
  ['clusters:', '  - name: a', `    address: ${address}`, ...lines.map((line) => `    ${line}`)].join('\n');
const all = 'physical_tenants: all';

function requestOf(...file: Parameters<typeof fileWith>) {
  const { address, apiVersion, physicalTenants } = onlyCluster({ file: fileWith(...file) });
  return [address.href, apiVersion, physicalTenants];
}

describe('a cluster without physical_tenants', () => {
  it('is polled by v1 or v2, whichever is found', () => {
    expect(requestOf('http://zeebe')).toEqual(['http://zeebe/', 'auto', undefined]);
  });

  it.each([
    ['http://zeebe/physical-tenants/orders', 'http://zeebe/physical-tenants/orders/'],
    ['http://zeebe/camunda/physical-tenants/orders/v2', 'http://zeebe/camunda/physical-tenants/orders/'],
    ['http://zeebe/physical-tenants/orders/v2/topology/', 'http://zeebe/physical-tenants/orders/'],
  ])('is one tenant by its address %s, under v2 alone', (address, base) => {
    expect(requestOf(address)).toEqual([base, 'v2', undefined]);
  });

  it('with a tenant in its address cannot be polled by v1', () => {
    const place = 'conf/exporter.yml';
    expect(complaints({ file: fileWith('http://zeebe/physical-tenants/a/v1') })).toEqual([
      `${place}:3: clusters[0].address: expected v2, as v1 has no physical tenants, found "http://zeebe/physical-tenants/a/v1"`,
    ]);
    expect(complaints({ file: fileWith('http://zeebe/physical-tenants/a', 'api_version: v1') })).toEqual([
      `${place}:4: clusters[0].api_version: expected v2, as v1 has no physical tenants, found "v1"`,
    ]);
    expect(requestOf('http://zeebe/physical-tenants/a', 'api_version: auto')[1]).toBe('v2');
  });

  it.each([
    'http://zeebe/physical-tenants',
    'http://zeebe/physical-tenants/Orders',
    'http://zeebe/physical-tenants//',
  ])('has a whole id in its address, unlike %s', (address) => {
    expect(complaints({ file: fileWith(address) })[0]).toContain('expected the id of a physical tenant');
  });

  it.each([
    'http://zeebe/cluster',
    'http://zeebe/cluster/v2',
    'http://zeebe/cluster/v2/topology',
  ])('cannot have the address of the whole cluster: %s', (address) => {
    expect(complaints({ file: fileWith(address) })).toEqual([
      `conf/exporter.yml:3: clusters[0].address: expected an address without /cluster, and physical_tenants set to all, found "${address}"`,
    ]);
  });

  it('cannot have an address that ends in /topology without a version', () => {
    expect(complaints({ file: fileWith('http://zeebe/topology') })[0]).toContain('a URL that ends before /topology');
  });
});

describe('physical_tenants: all', () => {
  it.each([
    'http://zeebe',
    'http://zeebe/cluster',
    'http://zeebe/cluster/v2/',
    'http://zeebe/v2/topology',
  ])('is understood with the address %s', (address) => {
    expect(requestOf(address, all)).toEqual(['http://zeebe/', 'v2', 'all']);
  });

  it('from the environment has the name of its variable in problems', () => {
    const env = { ZEEBE_REST_ADDRESS: 'http://zeebe/physical-tenants/orders', ZEEBE_PHYSICAL_TENANTS: 'all' };
    expect(complaints({ env })).toEqual([
      'ZEEBE_REST_ADDRESS: expected an address without /physical-tenants/orders, because of ZEEBE_PHYSICAL_TENANTS set to all, found "http://zeebe/physical-tenants/orders"',
    ]);
  });

  it('cannot be combined with v1, and is told together with all other problems', () => {
    const file = fileWith('http://zeebe', all, 'api_version: v1', 'basic_auth: { username: a }');
    expect(complaints({ file })).toEqual([
      'conf/exporter.yml:5: clusters[0].api_version: expected v2, as v1 has no physical tenants, found "v1"',
      expect.stringContaining('basic_auth.password'),
    ]);
  });

  it('has no other value', () => {
    expect(complaints({ file: fileWith('http://zeebe', 'physical_tenants: orders') })).toEqual([
      'conf/exporter.yml:4: clusters[0].physical_tenants: expected the word all, found "orders"',
    ]);
  });

  it('makes the version of the API a setting without effect, which is not shown', () => {
    const [loaded] = load({ file: fileWith('http://zeebe', all) }).clusters;
    const keys = loaded?.origin.settings().map(({ key }) => key);
    expect(keys).toContain('physical_tenants');
    expect(keys).not.toContain('api_version');
  });
});
