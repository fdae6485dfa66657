import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { parseTopology, parseWholeTopology } from '../../src/zeebe/parse.ts';
import { anyAnswer, anyWholeAnswer } from '../arbitraries.ts';
import { atOnce } from '../at-once.ts';
import { follower, leader, recorded, wholeTopologyOf } from '../topologies.ts';

// Many runs of the property tests on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const broker = (brokerId: string, facts = {}) => ({
  brokerId,
  host: 'zeebe',
  port: 26501,
  version: '8.10.0',
  ...facts,
});
const replica = (role: string, state = 'active') => ({ partitionId: 1, role, health: 'healthy', state });
const tenant = (physicalTenantId: string, facts = {}) => ({
  physicalTenantId,
  partitionsCount: 1,
  replicationFactor: 2,
  lastCompletedChangeId: '4',
  brokers: [
    { brokerId: '1', partitions: [replica('follower')] },
    { brokerId: '0', partitions: [replica('leader')] },
  ],
  ...facts,
});
const whole = (facts = {}) => ({
  clusterId: null,
  clusterSize: 2,
  gatewayVersion: '8.10.0',
  brokers: [broker('1'), broker('0')],
  physicalTenants: [tenant('orders'), tenant('default')],
  ...facts,
});

function problemOf(answer: unknown): string {
  const parsed = atOnce(parseWholeTopology(JSON.stringify(answer)));
  return parsed.ok ? 'none' : parsed.problem;
}

describe('the topology of all physical tenants', () => {
  it('has the facts of the cluster once, and a partition group for each tenant, sorted', () => {
    const active = { state: 'active' } as const;
    const group = {
      partitionsCount: 1,
      replicationFactor: 2,
      lastCompletedChangeId: 4,
      brokers: [
        { id: '0', replicas: [leader(1, active)] },
        { id: '1', replicas: [follower(1, active)] },
      ],
    };
    const listed = { host: 'zeebe', port: '26501', version: '8.10.0' };
    expect(wholeTopologyOf(whole())).toEqual({
      clusterSize: 2,
      gatewayVersion: '8.10.0',
      brokers: [
        { id: '0', ...listed },
        { id: '1', ...listed },
      ],
      groups: [
        { tenant: 'default', ...group },
        { tenant: 'orders', ...group },
      ],
    });
  });

  it('may list no tenant, and tenants that list no broker', () => {
    expect(wholeTopologyOf(whole({ physicalTenants: [] })).groups).toEqual([]);
    expect(wholeTopologyOf(whole({ physicalTenants: [tenant('a', { brokers: [] })] })).groups).toMatchObject([
      { tenant: 'a', brokers: [] },
    ]);
  });

  it.each([
    ['without a list of tenants', whole({ physicalTenants: null }), 'expected the topology of all physical tenants'],
    ['of a tenant without id', whole({ physicalTenants: [tenant('')] }), 'physicalTenants[0]: expected a physicalTen'],
    [
      'with a tenant listed twice',
      whole({ physicalTenants: [tenant('a'), tenant('a')] }),
      'physicalTenants[1]: physical tenant "a" is listed twice',
    ],
    [
      'with a broker of a tenant that the cluster does not list',
      whole({ physicalTenants: [tenant('a', { brokers: [{ brokerId: '7', partitions: [] }] })] }),
      'physicalTenants[0].brokers[0]: expected a broker that the cluster lists, got "7"',
    ],
    ['with a broker listed twice', whole({ brokers: [broker('0'), broker('0')] }), 'brokers[1]: broker "0" is listed'],
    [
      'with a broker listed twice in a tenant',
      whole({
        physicalTenants: [
          tenant('a', {
            brokers: [
              { brokerId: '0', partitions: [] },
              { brokerId: '0', partitions: [] },
            ],
          }),
        ],
      }),
      'physicalTenants[0].brokers[1]: broker "0" is listed twice',
    ],
    [
      'with a replica that has no partition',
      whole({ physicalTenants: [tenant('a', { brokers: [{ brokerId: '0', partitions: [{}] }] })] }),
      'physicalTenants[0].brokers[0].partitions[0].partitionId: expected 1 to 8192',
    ],
    [
      'with 8,193 partitions in all',
      whole({ physicalTenants: [tenant('a', { partitionsCount: 8_192 }), tenant('b')] }),
      'physicalTenants: expected at most 8192 partitions in all',
    ],
  ])('%s is malformed, and the place is named', (_case, answer, problem) => {
    expect(problemOf(answer)).toContain(problem);
  });

  it('has at most 100,000 replicas in all tenants together', () => {
    const partitions = Array.from({ length: 5_000 }, (_, index) => ({ partitionId: index + 1 }));
    const full = (id: string) => tenant(id, { brokers: ['0', '1'].map((brokerId) => ({ brokerId, partitions })) });
    const ofTenants = (count: number) =>
      whole({ physicalTenants: Array.from({ length: count }, (_, id) => full(`${id}`)) });
    expect(problemOf(ofTenants(10))).toBe('none');
    expect(problemOf(ofTenants(11))).toContain('at most 100000 replicas in all');
  });

  it('is not the answer of another path, in neither direction', () => {
    expect(problemOf(JSON.parse(recorded('8.6.0-3x3x3-healthy')))).toContain('all physical tenants');
    const asOneTenant = atOnce(parseTopology(JSON.stringify(whole())));
    expect(asOneTenant.ok && asOneTenant.topology.groups).toMatchObject([
      { brokers: [{ replicas: [] }, { replicas: [] }] },
    ]);
  });

  it('is read whatever valid answer arrives, with every tenant and replica', () => {
    fc.assert(
      fc.property(anyWholeAnswer, (answer) => {
        const { groups } = wholeTopologyOf(answer);
        const count = (lists: readonly (readonly unknown[])[]) => lists.reduce((sum, { length }) => sum + length, 0);
        expect(new Set(groups.map(({ tenant: id }) => id))).toEqual(
          new Set(answer.physicalTenants.map(({ physicalTenantId }) => physicalTenantId.toWellFormed())),
        );
        expect(count(groups.flatMap(({ brokers }) => brokers.map(({ replicas }) => replicas)))).toBe(
          count(answer.physicalTenants.flatMap(({ brokers }) => brokers.map(({ partitions }) => partitions))),
        );
      }),
    );
  });

  it('of any JSON value is a topology or a problem, never an exception', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          anyAnswer,
          anyWholeAnswer.map((answer) => ({ ...answer, brokers: 1 })),
        ),
        (value) => {
          const parsed = atOnce(parseWholeTopology(JSON.stringify(value)));
          if (!parsed.ok) expect(parsed.problem).toMatch(/^[^\p{C}]+$/u);
        },
      ),
    );
  });
});
