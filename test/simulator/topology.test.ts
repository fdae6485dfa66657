import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { simulateCluster } from '../../src/simulator/cluster-model.ts';
import type { ClusterEvent } from '../../src/simulator/events.ts';
import { randomFrom } from '../../src/simulator/random.ts';
import { topologyAnswer } from '../../src/simulator/topology.ts';

/** Keys and types; an array is the set of its elements' shapes. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    const shapes = new Set(value.map((element) => JSON.stringify(shapeOf(element))));
    return [...shapes].toSorted().map((shape) => JSON.parse(shape));
  }
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, shapeOf(field)]));
}

const recorded = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/zeebe-${name}.json`, import.meta.url), 'utf8'));

const answer = (events: readonly ClusterEvent[], elapsed: number, version = '8.6.0', zones: readonly string[] = []) => {
  const model = simulateCluster({ version, zones });
  for (const event of events) model.apply(event, 0);
  return topologyAnswer(model.at(elapsed), 'a-cluster', randomFrom(1));
};

const crash = (broker: number): ClusterEvent => ({ type: 'broker-crashes', broker });

describe('the shape of the answer is that of a real cluster', () => {
  it.each<[string, readonly ClusterEvent[], number]>([
    ['8.6.0-3x3x3-healthy', [], 0],
    ['8.6.0-3x3x3-leader-moved', [crash(1)], 5_700],
    ['8.6.0-3x3x3-broker-gone', [crash(1)], 11_500],
    ['8.6.0-3x3x3-broker-rejoining', [crash(1), { type: 'broker-restarts', broker: 1 }], 18_000],
    ['8.6.0-3x3x3-quorum-lost', [crash(1), crash(2)], 11_500],
  ])('%s', (name, events, elapsed) => {
    expect(shapeOf(answer(events, elapsed))).toEqual(shapeOf(recorded(name)));
  });

  it('8.5.8-starting', () => {
    expect(answer([{ type: 'gateway-forgets' }], 0, '8.5.8')).toEqual(recorded('8.5.8-starting'));
  });
});

describe('the version decides the fields', () => {
  it.each([
    ['8.5.8', ['brokers', 'clusterSize', 'partitionsCount', 'replicationFactor', 'gatewayVersion']],
    [
      '8.8.0',
      ['brokers', 'clusterSize', 'partitionsCount', 'replicationFactor', 'gatewayVersion', 'lastCompletedChangeId'],
    ],
  ])('%s', (version, fields) => {
    expect(Object.keys(answer([], 0, version))).toEqual(fields);
  });

  it('8.9 has a cluster id, and the change id is a string', () => {
    expect(answer([], 0, '8.9.0')).toMatchObject({ clusterId: 'a-cluster', lastCompletedChangeId: '-1' });
    expect(answer([], 0, '8.9.0').brokers?.[0]).not.toHaveProperty('brokerId');
  });

  it('8.10 has broker ids and the state of partitions', () => {
    const brokers = answer([], 0, '8.10.0').brokers ?? [];
    expect(brokers.map(({ brokerId }) => brokerId).toSorted()).toEqual(['0', '1', '2']);
    expect(brokers[0]?.partitions[0]).toMatchObject({ state: 'active' });
  });

  it('8.10 with zones has node ids that are unique in their zone only', () => {
    const brokers = answer([], 0, '8.10.0', ['eu-west-1', 'eu-central-1']).brokers ?? [];
    expect(brokers.map(({ brokerId, nodeId }) => [brokerId, nodeId]).toSorted()).toEqual([
      ['eu-central-1_0', 0],
      ['eu-west-1_0', 0],
      ['eu-west-1_1', 1],
    ]);
  });
});

it('orders brokers and partitions otherwise from answer to answer, and alike for the same seed', () => {
  const state = simulateCluster({ brokers: 6, partitions: 6 }).at(0);
  const first = topologyAnswer(state, '', randomFrom('seed', 1));
  const second = topologyAnswer(state, '', randomFrom('seed', 2));
  expect(second).not.toEqual(first);
  expect(topologyAnswer(state, '', randomFrom('seed', 1))).toEqual(first);
  const ids = ({ brokers }: typeof first) => brokers?.map(({ nodeId }) => nodeId).toSorted();
  expect(ids(second)).toEqual(ids(first));
});
