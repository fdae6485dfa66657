import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../src/zeebe/findings.ts';
import { missingBrokers, nextKnownBrokers, noKnownBrokers } from '../../src/zeebe/known-brokers.ts';
import { type Topology, tellsOfDefaultAlone } from '../../src/zeebe/topology.ts';
import { viewOf } from '../../src/zeebe/view.ts';
import {
  follower,
  leader,
  onePartition,
  oneWithoutLeader,
  tenant,
  tenants,
  topology,
  wholeTopologyOf,
} from '../topologies.ts';

const healthy = tenant('default', onePartition);

function verdicts(answer: Topology, missing: readonly string[] = []) {
  const view = viewOf(answer, missing);
  return [view.verdict, ...view.groups.map(({ verdict }) => verdict)];
}

function texts(answer: Topology, missing: readonly string[] = []): readonly string[] {
  return findingsOf(viewOf(answer, missing)).map(({ text }) => text);
}

describe('the verdict on a cluster with physical tenants', () => {
  it('is the worst of its tenants, each judged by its own sizes and partitions', () => {
    const small = tenant('small', { '0': [leader(1)] }, { replicationFactor: 1 });
    expect(verdicts(tenants(healthy, small))).toEqual(['healthy', 'healthy', 'healthy']);
    expect(verdicts(tenants(healthy, tenant('few', { '0': [leader(1)] })))).toEqual([
      'degraded',
      'healthy',
      'degraded',
    ]);
    expect(verdicts(tenants(tenant('a', oneWithoutLeader), healthy))).toEqual(['unhealthy', 'unhealthy', 'healthy']);
  });

  it('is unknown if no tenant is listed, or one of otherwise healthy or degraded tenants is unknown', () => {
    expect(verdicts(tenants())).toEqual(['unknown']);
    const { partitionsCount, ...unsized } = tenant('new', {});
    expect(partitionsCount).toBe(1);
    expect(verdicts(tenants(healthy, unsized))).toEqual(['unknown', 'healthy', 'unknown']);
    expect(verdicts(tenants(tenant('few', { '0': [leader(1)] }), unsized))[0]).toBe('unknown');
    expect(verdicts(tenants(tenant('a', oneWithoutLeader), unsized))[0]).toBe('unhealthy');
  });

  it('is degraded for every tenant if a broker is missing', () => {
    expect(verdicts(tenants(healthy, tenant('orders', onePartition)), ['3'])).toEqual([
      'degraded',
      'degraded',
      'degraded',
    ]);
  });

  it('is unhealthy if a tenant claims more partitions than it lists, as in the alphas of 8.10', () => {
    const claims = tenant('orders', onePartition, { partitionsCount: 3 });
    expect(verdicts(tenants(healthy, claims))).toEqual(['unhealthy', 'healthy', 'unhealthy']);
    expect(texts(tenants(healthy, claims))[0]).toBe('physical tenant orders: partitions 2 and 3 have no leader');
  });
});

describe('the findings of a cluster with physical tenants', () => {
  it('name the tenant, and several tenants with the same problem once', () => {
    const bad = (id: string) => tenant(id, oneWithoutLeader);
    expect(texts(tenants(bad('a'), bad('b'), bad('c'), healthy))).toEqual([
      'physical tenants a, b and c: partition 1 has no leader',
    ]);
    const few = tenant('few', { '0': [leader(1)] });
    expect(texts(tenants(few, bad('orders')))).toEqual([
      'physical tenant orders: partition 1 has no leader',
      'physical tenant few: partition 1 has 1 of 3 healthy replicas',
    ]);
  });

  it('name a missing broker once, and no tenant for it', () => {
    expect(texts(tenants(healthy, tenant('orders', onePartition)), ['3'])).toEqual(['broker 3 is missing']);
  });

  it('say that a tenant is in recovery mode', () => {
    const recovering = follower(1, { role: 'inactive', state: 'recovering' });
    expect(texts(tenants(healthy, tenant('orders', { '0': [recovering], '1': [recovering] })))[0]).toBe(
      'physical tenant orders: partition 1 has no leader, and replicas in recovery mode',
    );
  });

  it('say that the gateway lists no tenant, or knows no topology yet', () => {
    expect(texts(tenants())).toEqual(['the gateway lists no physical tenant']);
    const { clusterSize, ...starting } = tenants();
    expect(clusterSize).toBe(3);
    expect(texts(starting)).toEqual(['the gateway knows no topology yet']);
  });
});

describe('the brokers of a cluster with physical tenants', () => {
  it('are members if they have a partition of any tenant, and missing only then', () => {
    const full = tenants(tenant('default', { '0': [leader(1)] }), tenant('orders', { '2': [leader(1)] }));
    const zoned = (answer: Topology): Topology => ({
      ...answer,
      brokers: answer.brokers.map((broker) => ({ ...broker, id: `eu_${broker.id}` })),
      groups: answer.groups.map((group) => ({
        ...group,
        brokers: group.brokers.map((one) => ({ ...one, id: `eu_${one.id}` })),
      })),
    });
    const before = zoned(full);
    const now = { ...before, brokers: before.brokers.slice(0, 1), groups: before.groups.slice(0, 1) };
    const known = nextKnownBrokers(nextKnownBrokers(noKnownBrokers, before), now);
    expect(missingBrokers(known, now)).toEqual(['eu_2']);
  });
});

describe('an answer about the physical tenant default alone', () => {
  const address = (path = '') => new URL(path, 'http://camunda:8080/');
  const ofGateway = (gatewayVersion: string) => topology([], { gatewayVersion });

  it.each(['8.10.0', '8.10.0-alpha1', '8.11.2', '9.0.0'])('is that of a gateway of %s', (version) => {
    expect(tellsOfDefaultAlone(address(), ofGateway(version))).toBe(true);
    expect(tellsOfDefaultAlone(address('camunda/'), ofGateway(version))).toBe(true);
  });

  it.each(['8.9.7', '8.6.0', '7.20.0', 'dev', ''])('is not that of a gateway of %j', (version) => {
    expect(tellsOfDefaultAlone(address(), ofGateway(version))).toBe(false);
  });

  it('is not that of one tenant by its address, of all tenants, or of Camunda SaaS', () => {
    expect(tellsOfDefaultAlone(address('physical-tenants/orders/'), ofGateway('8.10.0'))).toBe(false);
    expect(tellsOfDefaultAlone(address(), tenants(healthy))).toBe(false);
    const saas = new URL('https://bru-2.zeebe.camunda.io/0f4a/');
    expect(tellsOfDefaultAlone(saas, ofGateway('8.10.0'))).toBe(false);
  });
});

it('20 tenants of 50 partitions are read as 1,000 partitions', () => {
  const brokers = ['0', '1', '2'].map((brokerId) => ({ brokerId, host: '', port: 1, version: '' }));
  const partitions = Array.from({ length: 50 }, (_, index) => ({
    partitionId: index + 1,
    role: 'leader',
    health: 'healthy',
  }));
  const physicalTenants = Array.from({ length: 20 }, (_, index) => ({
    physicalTenantId: `tenant${index}`,
    partitionsCount: 50,
    replicationFactor: 1,
    lastCompletedChangeId: '1',
    brokers: [{ brokerId: '0', partitions }],
  }));
  const { groups } = viewOf(wholeTopologyOf({ clusterSize: 3, brokers, physicalTenants }), []);
  expect(groups.flatMap((group) => group.partitions)).toHaveLength(1_000);
});
