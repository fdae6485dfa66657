import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClusterModel, simulateCluster } from '../../src/simulator/cluster-model.ts';
import { clusterTopologyAnswer } from '../../src/simulator/cluster-topology-answer.ts';
import { randomFrom } from '../../src/simulator/random.ts';
import type { SimulatedEvent } from '../../src/simulator/simulated-events.ts';
import type { Timed } from '../../src/simulator/timeline.ts';
import { topologyAnswer } from '../../src/simulator/topology-answer.ts';
import { answerAt } from './model-answers.ts';
import { differences } from './topology-schemas.ts';

const version = '8.10.0';

/** That many physical tenants of the same size: `default`, `tenant2`, `tenant3` … */
function equalTenants(count: number) {
  const others = Array.from({ length: count - 1 }, (_, i) => [`tenant${i + 2}`, {}] as const);
  return { default: {}, ...Object.fromEntries(others) };
}
const physicalTenants = { orders: { partitions: 5, replicationFactor: 1 }, returns: {} };

const wholeAt = (model: ClusterModel, elapsed: number) => clusterTopologyAnswer(model.at(elapsed), '', randomFrom('w'));

const tenantAt = (model: ClusterModel, elapsed: number, id: string) => {
  const tenant = wholeAt(model, elapsed).physicalTenants.find(({ physicalTenantId }) => physicalTenantId === id);
  if (tenant === undefined) throw new Error(`the answer has no tenant ${id}`);
  const replicas = tenant.brokers.flatMap(({ brokerId, partitions }) =>
    partitions.map((partition) => ({ brokerId, ...partition })),
  );
  const leaders = replicas.filter(({ role }) => role === 'leader').map(({ partitionId }) => partitionId);
  return { ...tenant, replicas, leaders: leaders.toSorted() };
};

describe('a simulated cluster with physical tenants', () => {
  it('has partitions of their own for each, on the same brokers', () => {
    const model = simulateCluster({ version, brokers: 4, physicalTenants });
    expect(tenantAt(model, 0, 'default')).toMatchObject({ partitionsCount: 3, replicationFactor: 3 });
    expect(tenantAt(model, 0, 'orders')).toMatchObject({ partitionsCount: 5, replicationFactor: 1 });
    expect(tenantAt(model, 0, 'returns')).toMatchObject({ partitionsCount: 3, replicationFactor: 3 });
    expect(tenantAt(model, 0, 'orders').leaders).toEqual([1, 2, 3, 4, 5]);
    expect(
      wholeAt(model, 0)
        .brokers.map(({ brokerId }) => brokerId)
        .toSorted(),
    ).toEqual(['0', '1', '2', '3']);
  });

  it('tells the same of a tenant alone as of the whole cluster', () => {
    const model = simulateCluster({ version, physicalTenants, zones: ['eu-west-1', 'eu-central-1'] });
    model.apply({ type: 'replica-health', tenant: 'orders', partition: 2, broker: 1, health: 'unhealthy' }, 0);
    for (const tenant of model.at(0).tenants.values()) {
      const alone = topologyAnswer(model.at(0), '', randomFrom(1), tenant);
      const whole = tenantAt(model, 0, tenant.id);
      expect(whole).toMatchObject({
        partitionsCount: alone.partitionsCount,
        replicationFactor: alone.replicationFactor,
        lastCompletedChangeId: alone.lastCompletedChangeId,
      });
      const replicas = alone.brokers?.flatMap(({ brokerId, partitions }) =>
        partitions.map((each) => ({ brokerId, ...each })),
      );
      expect(new Set(whole.replicas)).toEqual(new Set(replicas));
    }
  });

  it('loses the leader of one tenant’s partition, and no other', () => {
    const model = simulateCluster({ version, physicalTenants: { orders: {} } });
    for (const broker of [0, 1]) {
      model.apply({ type: 'replica-health', tenant: 'orders', partition: 1, broker, health: 'dead' }, 0);
    }
    expect(tenantAt(model, 0, 'orders').leaders).toEqual([2, 3]);
    expect(tenantAt(model, 0, 'default').leaders).toEqual([1, 2, 3]);
  });

  it('loses a broker for every tenant', () => {
    const model = simulateCluster({ version, physicalTenants });
    model.apply({ type: 'broker-crashes', broker: 1 }, 0);
    expect(
      wholeAt(model, 12_000)
        .brokers.map(({ brokerId }) => brokerId)
        .toSorted(),
    ).toEqual(['0', '2']);
    expect(tenantAt(model, 12_000, 'default').leaders).toEqual([1, 2, 3]);
    expect(tenantAt(model, 12_000, 'orders').leaders).toEqual([1, 3, 4]);
  });

  it('scales the partitions of one tenant, and its brokers for all', () => {
    const model = simulateCluster({ version, brokers: 4, physicalTenants });
    model.apply({ type: 'scale', tenant: 'returns', partitions: 7 }, 0);
    expect(tenantAt(model, 20_000, 'returns')).toMatchObject({ partitionsCount: 7, lastCompletedChangeId: '1' });
    expect(tenantAt(model, 20_000, 'default')).toMatchObject({ partitionsCount: 3, lastCompletedChangeId: '-1' });
    model.apply({ type: 'scale', brokers: 3 }, 20_000);
    const whole = wholeAt(model, 40_000);
    expect(whole.clusterSize).toBe(3);
    const ids = Object.fromEntries(
      whole.physicalTenants.map((each) => [each.physicalTenantId, each.lastCompletedChangeId]),
    );
    expect(ids).toEqual({ default: '1', orders: '1', returns: '2' });
    expect(tenantAt(model, 40_000, 'orders').leaders).toEqual([1, 2, 3, 4, 5]);
  });

  it('keeps the replicas of a tenant complete when the next change begins before the last has ended', () => {
    const model = simulateCluster({ version, brokers: 4, physicalTenants });
    model.apply({ type: 'scale', brokers: 3 }, 0);
    model.apply({ type: 'scale', tenant: 'orders', partitions: 6 }, 5_000);
    expect(wholeAt(model, 30_000).clusterSize).toBe(4);
    const replicas = ['default', 'orders', 'returns'].map((id) => tenantAt(model, 30_000, id).replicas);
    expect(replicas.map(({ length }) => length)).toEqual([9, 6, 9]);
    expect(new Set(replicas.flat().map(({ state }) => state))).toEqual(new Set(['active']));
  });

  it('can add a tenant by a rolling restart', () => {
    const model = simulateCluster({ version });
    model.apply({ type: 'tenant-added', tenant: 'orders', partitions: 2 }, 0);
    expect(wholeAt(model, 15_000).brokers).toHaveLength(2);
    expect(wholeAt(model, 89_999).physicalTenants.map(({ physicalTenantId }) => physicalTenantId)).toEqual(['default']);
    expect(tenantAt(model, 90_000, 'orders')).toMatchObject({
      partitionsCount: 2,
      replicationFactor: 3,
      leaders: [1, 2],
    });
    expect(wholeAt(model, 90_000).brokers.map((broker) => broker.version)).toEqual([version, version, version]);
  });

  it('elects the leaders of each tenant independently', () => {
    const model = simulateCluster({ version, partitions: 50, physicalTenants: equalTenants(3) });
    const leaders = wholeAt(model, 0).physicalTenants.map(({ physicalTenantId }) =>
      tenantAt(model, 0, physicalTenantId)
        .replicas.filter(({ role }) => role === 'leader')
        .map(({ partitionId, brokerId }) => `${partitionId} on ${brokerId}`)
        .toSorted(),
    );
    expect(leaders.map(({ length }) => length)).toEqual([50, 50, 50]);
    expect(new Set(leaders.map(String)).size).toBe(3);
  });

  it('shuffles the tenants in each answer, in the same way for the same seed', () => {
    const state = simulateCluster({ version, physicalTenants: equalTenants(6) }).at(0);
    const idsFor = (seed: number) =>
      clusterTopologyAnswer(state, '', randomFrom(seed)).physicalTenants.map(
        ({ physicalTenantId }) => physicalTenantId,
      );
    expect(idsFor(1)).toEqual(idsFor(1));
    expect(idsFor(1)).not.toEqual(idsFor(2));
    expect(idsFor(1).toSorted()).toEqual(idsFor(2).toSorted());
  });

  it('lists neither brokers nor tenants while its gateway knows no topology', () => {
    const model = simulateCluster({ version, physicalTenants });
    model.apply({ type: 'gateway-forgets' }, 0);
    expect(wholeAt(model, 0)).toMatchObject({ clusterSize: -1, brokers: [], physicalTenants: [] });
  });

  it('has any number of tenants of the same size', () => {
    const model = simulateCluster({ version, brokers: 10, partitions: 50, physicalTenants: equalTenants(20) });
    const { physicalTenants: tenants } = wholeAt(model, 0);
    expect(new Set(tenants.map(({ physicalTenantId }) => physicalTenantId)).size).toBe(20);
    expect(tenants.flatMap(({ brokers }) => brokers.flatMap(({ partitions }) => partitions))).toHaveLength(20 * 50 * 3);
  });
});

describe('a simulated physical tenant in recovery mode', () => {
  it('has only inactive partitions, whose replicas are recovering, until it processes again', () => {
    const model = simulateCluster({ version, physicalTenants: { orders: {} } });
    model.apply({ type: 'mode-changes', tenant: 'orders', mode: 'recovering' }, 1_000);
    const { replicas, ...tenant } = tenantAt(model, 1_000, 'orders');
    expect(replicas).toHaveLength(9);
    expect(new Set(replicas.map(({ role, state }) => `${role} ${state}`))).toEqual(new Set(['inactive recovering']));
    expect(tenant).toMatchObject({ partitionsCount: 3, replicationFactor: 3, lastCompletedChangeId: '1', leaders: [] });
    expect(tenantAt(model, 1_000, 'default').leaders).toEqual([1, 2, 3]);
    model.apply({ type: 'mode-changes', tenant: 'orders', mode: 'processing' }, 60_000);
    expect(tenantAt(model, 60_000, 'orders')).toMatchObject({ lastCompletedChangeId: '2', leaders: [1, 2, 3] });
  });

  it('elects no leader, whatever happens to the brokers', () => {
    const model = simulateCluster({ version, physicalTenants: { orders: {} } });
    model.apply({ type: 'leader-moves', tenant: 'orders', partition: 1 }, 0);
    model.apply({ type: 'mode-changes', tenant: 'orders', mode: 'recovering' }, 100);
    model.apply({ type: 'broker-restarts', broker: 0 }, 200);
    for (const moment of [700, 6_000, 12_000, 30_000]) expect(tenantAt(model, moment, 'orders').leaders).toEqual([]);
  });
});

describe('the physical tenants of an alpha of 8.10', () => {
  it('claim the number of partitions of default, and list their own', () => {
    const model = simulateCluster({ version: '8.10.0-alpha4', physicalTenants: { orders: { partitions: 1 } } });
    expect(tenantAt(model, 0, 'orders')).toMatchObject({ partitionsCount: 3, leaders: [1] });
    model.apply({ type: 'upgrade', version }, 0);
    expect(tenantAt(model, 120_000, 'orders')).toMatchObject({ partitionsCount: 1, leaders: [1] });
  });
});

describe('the model of a simulated cluster rejects', () => {
  it.each(['', 'Orders', 'my-orders', 'x'.repeat(65)])('the physical tenant %j, from the start or added', (tenant) => {
    const message = 'The id of a physical tenant must have 1 to 64 characters of a-z and 0-9';
    expect(() => simulateCluster({ physicalTenants: { [tenant]: {} } })).toThrow(message);
    expect(() => simulateCluster().apply({ type: 'tenant-added', tenant }, 0)).toThrow(message);
  });

  it.each<[SimulatedEvent, string]>([
    [{ type: 'tenant-added', tenant: 'orders' }, 'There is a physical tenant orders already.'],
    [{ type: 'tenant-added', tenant: 'new', replicationFactor: 4 }, '3 brokers cannot hold 4 replicas of a partition.'],
    [
      { type: 'leader-moves', partition: 1, tenant: 'x' },
      'There is no physical tenant x: the cluster has default, orders.',
    ],
    [
      { type: 'leader-moves', partition: 9, tenant: 'orders' },
      'There is no partition 9: physical tenant orders has partitions 1 to 3.',
    ],
    [{ type: 'scale', brokers: 2 }, '2 brokers cannot hold 3 replicas of a partition.'],
  ])('the event %j', (event, message) => {
    const physicalTenants = { default: { replicationFactor: 1 }, orders: {} };
    const events = [{ at: 9_000, event }];
    expect(() => simulateCluster({ physicalTenants, script: { events } })).toThrow(new RangeError(message));
  });
});

/** Anything that can happen to the tenant `orders`, or to the brokers of a cluster of 4. */
const orders = { tenant: 'orders' } as const;
const anyTenantEvent: fc.Arbitrary<SimulatedEvent> = fc.oneof(
  fc
    .record({ type: fc.constant('leader-moves'), partition: fc.integer({ min: 1, max: 3 }) })
    .map((e) => ({ ...e, ...orders })),
  fc
    .record({ type: fc.constant('scale'), partitions: fc.integer({ min: 5, max: 5 }) })
    .map((e) => ({ ...e, ...orders })),
  fc
    .constantFrom('processing' as const, 'recovering' as const)
    .map((mode) => ({ type: 'mode-changes', mode, ...orders }) as const),
);
const anyBrokerEvent: fc.Arbitrary<SimulatedEvent> = fc.record({
  type: fc.constantFrom('broker-crashes', 'broker-restarts', 'broker-stops'),
  broker: fc.integer({ min: 0, max: 3 }),
});
const timed = (event: fc.Arbitrary<SimulatedEvent>): fc.Arbitrary<readonly Timed<SimulatedEvent>[]> =>
  fc.array(fc.record({ at: fc.integer({ min: 0, max: 120_000 }), event }), { maxLength: 12 });

const anyGatewayEvent: fc.Arbitrary<SimulatedEvent> = fc.record({
  type: fc.constantFrom('gateway-forgets', 'gateway-recovers'),
});

const moments = [0, 30_000, 60_000, 90_000, 120_000, 150_000];

describe('at any time of any script', () => {
  const base = { version, brokers: 4 };
  const anyShared = fc
    .record({ seed: fc.integer(), events: timed(fc.oneof(anyBrokerEvent, anyTenantEvent, anyGatewayEvent)) })
    .map(({ seed, events }) => simulateCluster({ ...base, seed, physicalTenants: { orders: {} }, script: { events } }));

  it('a physical tenant does not change what is told of another', () => {
    fc.assert(
      fc.property(fc.integer(), timed(anyBrokerEvent), timed(anyTenantEvent), (seed, ofBrokers, ofTenant) => {
        const alone = simulateCluster({ ...base, seed, script: { events: ofBrokers } });
        const events = [...ofBrokers, ...ofTenant];
        const shared = simulateCluster({ ...base, seed, physicalTenants: { orders: {} }, script: { events } });
        for (const moment of moments) expect(answerAt(shared, moment)).toEqual(answerAt(alone, moment));
      }),
    );
  });

  it('the answers of 8.10 have the documented shape', () => {
    fc.assert(
      fc.property(anyShared, (model) => {
        for (const moment of moments) {
          expect(differences('topology', answerAt(model, moment))).toEqual([]);
          expect(differences('clusterTopology', wholeAt(model, moment))).toEqual([]);
        }
      }),
    );
  });

  it('every partition of a tenant has one leader at most', () => {
    fc.assert(
      fc.property(anyShared, (model) => {
        for (const moment of moments) {
          for (const { physicalTenantId } of wholeAt(model, moment).physicalTenants) {
            const { leaders } = tenantAt(model, moment, physicalTenantId);
            expect(leaders).toEqual([...new Set(leaders)]);
          }
        }
      }),
    );
  });
});

it('the answers of 8.9 do not have the shape that is documented for 8.10', () => {
  const model = simulateCluster({ version: '8.9.0', partitions: 1, brokers: 1 });
  expect(differences('topology', answerAt(model, 0)).map(({ message }) => message)).toEqual([
    "must have required property 'brokerId'",
    "must have required property 'state'",
  ]);
});
