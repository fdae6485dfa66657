import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { parseTopology } from '../../src/zeebe/parse.ts';
import { anyAnswer, reordered } from '../arbitraries.ts';
import { atOnce } from '../at-once.ts';
import { exactTopology, follower, groupOf, leader, recorded, topologyOf } from '../topologies.ts';

// The property tests have many runs, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 });

function problemOf(answer: unknown): string {
  const parsed = atOnce(parseTopology(typeof answer === 'string' ? answer : JSON.stringify(answer)));
  return parsed.ok ? 'none' : parsed.problem;
}

const partitions = (count: number) => Array.from({ length: count }, (_, index) => ({ partitionId: index + 1 }));

describe('an answer of a real cluster', () => {
  it('is read completely, sorted by broker id and partition', () => {
    const replicas = (...roles: readonly ('leader' | 'follower')[]) =>
      roles.map((role, index) => ({ partition: index + 1, role, health: 'healthy' as const }));
    expect(topologyOf(recorded('8.6.0-3x3x3-healthy'))).toEqual({
      clusterSize: 3,
      gatewayVersion: '8.6.0',
      brokers: ['26501', '26511', '26521'].map((port, index) => ({
        id: `${index}`,
        host: '127.0.0.1',
        port,
        version: '8.6.0',
      })),
      groups: [
        {
          partitionsCount: 3,
          replicationFactor: 3,
          brokers: [
            { id: '0', replicas: replicas('leader', 'follower', 'leader') },
            { id: '1', replicas: replicas('follower', 'leader', 'follower') },
            { id: '2', replicas: replicas('follower', 'follower', 'follower') },
          ],
        },
      ],
    });
  });

  it('has no sizes and no brokers while the gateway knows no topology (clusterSize: -1)', () => {
    expect(topologyOf(recorded('8.5.8-starting'))).toEqual(exactTopology({ gatewayVersion: '8.5.8' }, []));
  });
});

describe('parsing a topology', () => {
  it.each([
    'brokers',
    'clusterSize',
    'partitionsCount',
    'replicationFactor',
    'gatewayVersion',
    'clusterId',
  ])('treats %s: null as absent', (field) => {
    const rest = field === 'gatewayVersion' ? { clusterSize: 3 } : { gatewayVersion: '8.6.0' };
    expect(topologyOf({ ...rest, [field]: null })).toEqual(exactTopology(rest, []));
  });

  it.each(['clusterSize', 'partitionsCount', 'replicationFactor'])('treats %s below 1 as absent', (field) => {
    for (const value of [0, -1]) expect(topologyOf({ [field]: value })).toEqual(exactTopology({}, []));
  });

  it('treats an empty gatewayVersion or clusterId as absent', () => {
    expect(topologyOf({ gatewayVersion: '', clusterId: '' })).toEqual(exactTopology({}, []));
  });

  it('ignores unknown fields', () => {
    const partition = { partitionId: 1, role: 'leader', health: 'healthy', term: 7 };
    const known = {
      brokers: [{ nodeId: 0, partitions: [partition], rack: 'b' }],
      clusterSize: 1,
      mood: { good: true },
    };
    const broker = { id: '0', host: '', port: '', version: '', replicas: [leader(1)] };
    expect(topologyOf(known)).toEqual(exactTopology({ clusterSize: 1 }, [broker]));
  });

  it.each([
    ['"-1"', -1],
    ['"12"', 12],
    ['12', 12],
    ['""', undefined],
    ['"v12"', undefined],
    ['"1.5"', undefined],
    ['1.5', undefined],
    ['null', undefined],
    ['{}', undefined],
  ])('reads lastCompletedChangeId %s as %s', (text, id) => {
    expect(groupOf(topologyOf(`{"clusterSize":1,"lastCompletedChangeId":${text}}`)).lastCompletedChangeId).toBe(id);
  });

  it('reads the fields of 8.10: zones in brokerId, states, cluster id, change id', () => {
    const replica = (partitionId: number, role: string, state: string) => ({
      partitionId,
      role,
      health: 'healthy',
      state,
    });
    const brokers = [
      { brokerId: 'eu-west-1_0', nodeId: 0, partitions: [replica(1, 'leader', 'active')] },
      { brokerId: 'eu-west-2_0', nodeId: 0, partitions: [replica(1, 'follower', 'joining')] },
    ];
    const answer = { brokers, clusterSize: 2, clusterId: 'c0ffee', lastCompletedChangeId: '4' };
    expect(topologyOf(answer)).toMatchObject({
      clusterId: 'c0ffee',
      brokers: [{ id: 'eu-west-1_0' }, { id: 'eu-west-2_0' }],
      groups: [
        {
          lastCompletedChangeId: 4,
          brokers: [
            { id: 'eu-west-1_0', replicas: [leader(1, { state: 'active' })] },
            { id: 'eu-west-2_0', replicas: [follower(1, { state: 'joining' })] },
          ],
        },
      ],
    });
  });

  it.each([{}, { brokerId: null }, { brokerId: '' }])('uses the nodeId as broker id with %o', (broker) => {
    expect(topologyOf({ brokers: [{ nodeId: 7, ...broker }] }).brokers[0]?.id).toBe('7');
  });

  it('treats absent and null broker fields as empty', () => {
    const empty = exactTopology({}, [{ id: '0', host: '', port: '', version: '', replicas: [] }]);
    const nulls = { nodeId: 0, host: null, port: null, version: null, partitions: null };
    expect(topologyOf({ brokers: [{ nodeId: 0 }] })).toEqual(empty);
    expect(topologyOf({ brokers: [nulls] })).toEqual(empty);
  });

  it.each([
    [{}, { role: 'unknown', health: 'unknown' }],
    [
      { role: null, health: null, state: null },
      { role: 'unknown', health: 'unknown' },
    ],
    [
      { role: 'candidate', health: 'sleepy', state: 'dreaming' },
      { role: 'unknown', health: 'unknown', state: 'unknown' },
    ],
    [
      { role: 'LEADER', health: 'constructor', state: '__proto__' },
      { role: 'unknown', health: 'unknown', state: 'unknown' },
    ],
    [
      { role: 'inactive', health: 'dead', state: 'recovering' },
      { role: 'inactive', health: 'dead', state: 'recovering' },
    ],
  ])('reads the replica %o as %o', (replica, read) => {
    const answer = { brokers: [{ nodeId: 0, partitions: [{ partitionId: 1, ...replica }] }] };
    expect(groupOf(topologyOf(answer)).brokers[0]?.replicas).toEqual([{ partition: 1, ...read }]);
  });
});

describe('a malformed answer', () => {
  it.each([
    ['', 'not JSON'],
    ['<html>', 'not JSON'],
    ['{"brokers":[', 'not JSON'],
    ['null', 'the answer: expected an object, got null'],
    ['[]', 'the answer: expected an object, got a list'],
    ['"up"', 'the answer: expected an object, got "up"'],
    ['{}', 'expected a topology'],
    ['{"status":"UP"}', 'expected a topology'],
  ])('is reported for %j: %s', (text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });

  it.each([
    [{ brokers: {} }, 'brokers: expected a list, got an object'],
    [{ brokers: 'none' }, 'brokers: expected a list, got "none"'],
    [{ brokers: [null] }, 'brokers[0]: expected an object, got null'],
    [{ brokers: [{ nodeId: 0 }, {}] }, 'brokers[1]: expected a nodeId or a brokerId'],
    [{ brokers: [{ nodeId: '0' }] }, 'brokers[0].nodeId: expected an integer, got "0"'],
    [{ brokers: [{ nodeId: 0.5 }] }, 'brokers[0].nodeId: expected an integer, got 0.5'],
    [{ brokers: [{ brokerId: 0 }] }, 'brokers[0].brokerId: expected a string, got 0'],
    [{ brokers: [{ nodeId: 0, host: 1 }] }, 'brokers[0].host: expected a string, got 1'],
    [{ brokers: [{ nodeId: 0, port: '26501' }] }, 'brokers[0].port: expected an integer, got "26501"'],
    [{ brokers: [{ nodeId: 0, version: true }] }, 'brokers[0].version: expected a string, got true'],
    [{ brokers: [{ nodeId: 0, partitions: 3 }] }, 'brokers[0].partitions: expected a list, got 3'],
    [{ brokers: [{ nodeId: 0, partitions: [1] }] }, 'brokers[0].partitions[0]: expected an object, got 1'],
    [{ clusterSize: '3' }, 'clusterSize: expected an integer, got "3"'],
    [{ partitionsCount: 2.5 }, 'partitionsCount: expected an integer, got 2.5'],
    [{ replicationFactor: [] }, 'replicationFactor: expected an integer, got a list'],
    [{ gatewayVersion: 8 }, 'gatewayVersion: expected a string, got 8'],
    [{ brokers: [], clusterId: 8 }, 'clusterId: expected a string, got 8'],
  ])('is reported with location, expected and actual value: %j', (answer, problem) => {
    expect(problemOf(answer)).toContain(problem);
  });

  it.each([
    [{}, 'brokers[0].partitions[0].partitionId: expected 1 to 8192, got nothing'],
    [{ partitionId: 0 }, 'brokers[0].partitions[0].partitionId: expected 1 to 8192, got 0'],
    [{ partitionId: -1 }, 'brokers[0].partitions[0].partitionId: expected 1 to 8192, got -1'],
    [{ partitionId: '1' }, 'brokers[0].partitions[0].partitionId: expected an integer, got "1"'],
    [{ partitionId: 1, role: 1 }, 'brokers[0].partitions[0].role: expected a string, got 1'],
    [{ partitionId: 1, health: {} }, 'brokers[0].partitions[0].health: expected a string, got an object'],
    [{ partitionId: 1, state: false }, 'brokers[0].partitions[0].state: expected a string, got false'],
  ])('is reported for the partition %j: %s', (partition, problem) => {
    expect(problemOf({ brokers: [{ nodeId: 0, partitions: [partition] }] })).toContain(problem);
  });

  it('lists a broker twice', () => {
    expect(problemOf({ brokers: [{ nodeId: 1 }, { nodeId: 1 }] })).toBe('brokers[1]: broker "1" is listed twice');
    expect(problemOf({ brokers: [{ brokerId: '1' }, { nodeId: 1 }] })).toBe('brokers[1]: broker "1" is listed twice');
  });

  it('lists a nodeId twice without different brokerIds', () => {
    const brokers = [
      { brokerId: 'a_0', nodeId: 0 },
      { brokerId: 'b_0', nodeId: 0 },
    ];
    expect(topologyOf({ brokers }).brokers.map(({ id }) => id)).toEqual(['a_0', 'b_0']);
  });

  it('lists two brokers whose ids are equal in the exposition', () => {
    expect(problemOf({ brokers: [{ brokerId: 'a\ud800' }, { brokerId: 'a\udfff' }] })).toContain('listed twice');
  });

  it('lists a partition twice in one broker', () => {
    expect(problemOf({ brokers: [{ nodeId: 0, partitions: [...partitions(2), { partitionId: 2 }] }] })).toBe(
      'brokers[0].partitions[2]: partition 2 is listed twice in one broker',
    );
  });

  it('has more than 8,192 partitions', () => {
    expect(problemOf({ partitionsCount: 8_192 })).toBe('none');
    expect(problemOf({ partitionsCount: 8_193 })).toContain('partitionsCount: expected at most 8192, got 8193');
    expect(problemOf({ brokers: [{ nodeId: 0, partitions: [{ partitionId: 8_192 }] }] })).toBe('none');
    expect(problemOf({ brokers: [{ nodeId: 0, partitions: partitions(8_193) }] })).toContain('got 8193');
  });

  it.each(['host', 'version', 'brokerId'])('has a broker’s %s of more than 256 characters', (field) => {
    const answer = (length: number) => JSON.stringify({ brokers: [{ nodeId: 0, [field]: 'x'.repeat(length) }] });
    expect(atOnce(parseTopology(answer(256))).ok).toBe(true);
    expect(atOnce(parseTopology(answer(257)))).toEqual({
      ok: false,
      problem: `brokers[0].${field}: expected at most 256 characters, got 257`,
    });
  });

  it.each(['gatewayVersion', 'clusterId'])('has a %s of more than 256 characters', (field) => {
    const answer = (length: number) => JSON.stringify({ clusterSize: 1, [field]: 'x'.repeat(length) });
    expect(atOnce(parseTopology(answer(256))).ok).toBe(true);
    expect(atOnce(parseTopology(answer(257)))).toEqual({
      ok: false,
      problem: `the answer.${field}: expected at most 256 characters, got 257`,
    });
  });

  it.each(['role', 'health', 'state'])('has a replica’s %s of more than 256 characters', (field) => {
    const partition = { partitionId: 1, [field]: 'x'.repeat(257) };
    expect(atOnce(parseTopology(JSON.stringify({ brokers: [{ nodeId: 0, partitions: [partition] }] })))).toEqual({
      ok: false,
      problem: `brokers[0].partitions[0].${field}: expected at most 256 characters, got 257`,
    });
  });

  it('has more than 10,000 brokers', () => {
    const brokers = (count: number) => Array.from({ length: count }, (_, nodeId) => ({ nodeId }));
    expect(problemOf({ clusterSize: 10_000, brokers: brokers(10_000) })).toBe('none');
    expect(problemOf({ clusterSize: 10_001 })).toContain('clusterSize: expected at most 10000, got 10001');
    expect(problemOf({ brokers: brokers(10_001) })).toBe('brokers: expected at most 10000, got 10001');
  });

  it('has more than 100,000 replicas', () => {
    const brokers = (last: number) =>
      Array.from({ length: 100 }, (_, nodeId) => ({ nodeId, partitions: partitions(nodeId === 99 ? last : 1_000) }));
    expect(problemOf({ brokers: brokers(1_000) })).toBe('none');
    expect(problemOf({ brokers: brokers(1_001) })).toContain('at most 100000 replicas');
  });

  it('is reported in one short line', () => {
    const problem = problemOf({ clusterSize: `3\n\u2028\r${'0'.repeat(100_000)}` });
    expect(problem).toMatch(/^.{10,200}$/u);
  });

  it('has a number that overflows to Infinity', () => {
    expect(problemOf('{"clusterSize":1e400}')).toContain('clusterSize: expected an integer, got Infinity');
  });
});

describe('any answer', () => {
  const looselyTyped = fc.record(
    {
      brokers: fc.oneof(
        fc.jsonValue(),
        fc.array(
          fc.record(
            {
              nodeId: fc.jsonValue(),
              brokerId: fc.jsonValue(),
              port: fc.jsonValue(),
              partitions: fc.oneof(
                fc.jsonValue(),
                fc.array(fc.record({ partitionId: fc.jsonValue(), role: fc.jsonValue() }, { requiredKeys: [] })),
              ),
            },
            { requiredKeys: [] },
          ),
        ),
      ),
      clusterSize: fc.jsonValue(),
      partitionsCount: fc.jsonValue(),
      gatewayVersion: fc.jsonValue(),
      lastCompletedChangeId: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );

  it('is a topology or a problem in one short line, never an exception', () => {
    const anyBody = fc.oneof(
      fc.string(),
      fc.json(),
      looselyTyped.map((answer) => JSON.stringify(answer)),
    );
    fc.assert(
      fc.property(anyBody, (text) => {
        const parsed = atOnce(parseTopology(text));
        if (!parsed.ok) expect(parsed.problem).toMatch(/^.{10,300}$/u);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is parsed to the same topology in any order of its brokers and partitions', () => {
    fc.assert(
      fc.property(
        anyAnswer.chain((answer) => fc.tuple(fc.constant(answer), reordered(answer))),
        ([answer, other]) => {
          expect(topologyOf(other)).toEqual(topologyOf(answer));
        },
      ),
    );
  });
});

describe('the size of an answer', () => {
  it('may be that of 10,000 brokers and 100,000 replicas with all their fields', () => {
    const replicas = Array.from({ length: 10 }, (_, index) => ({
      partitionId: index + 1,
      role: 'follower',
      health: 'unhealthy',
      state: 'recovering',
    }));
    const brokers = Array.from({ length: 10_000 }, (_, nodeId) => ({
      nodeId,
      brokerId: `eu-west-1_${nodeId}`,
      host: `zeebe-${nodeId}.zeebe.example`,
      port: 26_501,
      version: '8.10.0',
      partitions: replicas,
    }));
    expect(topologyOf({ clusterSize: 10_000, partitionsCount: 10, brokers }).brokers).toHaveLength(10_000);
  });

  it('is limited before the answer is parsed', () => {
    expect(problemOf(`{"clusterSize":3,"brokers":${'['.repeat(2_000_000)}`)).toBe(
      'expected at most 1000000 lists, objects and values, got more',
    );
  });
});

describe('the limit', () => {
  /** Returns a topology with `count` lists, objects and values. */
  const ofParts = (count: number) => `{"clusterSize":3,"ignored":[${'0,'.repeat(count - 3)}0]}`;

  it('of 1,000,000 lists, objects and values is inclusive', () => {
    expect(topologyOf(ofParts(1_000_000)).clusterSize).toBe(3);
    expect(problemOf(ofParts(1_000_001))).toContain('expected at most 1000000 ');
  });

  it('of 15 digits applies to a change id that is a string', () => {
    const idOf = (digits: number) => groupOf(topologyOf({ clusterSize: 3, lastCompletedChangeId: '9'.repeat(digits) }));
    expect(idOf(15).lastCompletedChangeId).toBe(999_999_999_999_999);
    expect(idOf(16)).not.toHaveProperty('lastCompletedChangeId');
  });

  it('of 60 characters applies to values that a problem quotes', () => {
    const problem = problemOf({ clusterSize: '3'.repeat(200) });
    expect(problem).toBe(`the answer.clusterSize: expected an integer, got "${'3'.repeat(59)}…`);
  });
});
