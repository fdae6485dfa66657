import { describe, expect, it } from 'vitest';
import { simulateCluster } from '../../src/simulator/cluster-model.ts';
import { randomFrom } from '../../src/simulator/random.ts';
import { topologyAnswer } from '../../src/simulator/topology-answer.ts';

const answer = (version: string, zones: readonly string[] = []) =>
  topologyAnswer(simulateCluster({ version, zones }).at(0), 'a-cluster', randomFrom(1));

describe('the fields of a simulated topology, by version', () => {
  it.each([
    ['8.5.8', ['brokers', 'clusterSize', 'partitionsCount', 'replicationFactor', 'gatewayVersion']],
    [
      '8.8.0',
      ['brokers', 'clusterSize', 'partitionsCount', 'replicationFactor', 'gatewayVersion', 'lastCompletedChangeId'],
    ],
  ])('%s', (version, fields) => {
    expect(Object.keys(answer(version))).toEqual(fields);
  });

  it('8.9 has a cluster id, and the change id is a string', () => {
    expect(answer('8.9.0')).toMatchObject({ clusterId: 'a-cluster', lastCompletedChangeId: '-1' });
    expect(answer('8.9.0').brokers?.[0]).not.toHaveProperty('brokerId');
  });

  it('8.10 has broker ids and the state of partitions', () => {
    const brokers = answer('8.10.0').brokers ?? [];
    expect(brokers.map(({ brokerId }) => brokerId).toSorted()).toEqual(['0', '1', '2']);
    expect(brokers[0]?.partitions[0]).toMatchObject({ state: 'active' });
  });

  it('8.10 with zones has node ids that are unique in their zone only', () => {
    const brokers = answer('8.10.0', ['eu-west-1', 'eu-central-1']).brokers ?? [];
    expect(brokers.map(({ brokerId, nodeId }) => [brokerId, nodeId]).toSorted()).toEqual([
      ['eu-central-1_0', 0],
      ['eu-west-1_0', 0],
      ['eu-west-1_1', 1],
    ]);
  });
});

it('shuffles brokers and partitions in each simulated answer, in the same way for the same seed', () => {
  const state = simulateCluster({ brokers: 6, partitions: 6 }).at(0);
  const first = topologyAnswer(state, '', randomFrom('seed', 1));
  const second = topologyAnswer(state, '', randomFrom('seed', 2));
  expect(second).not.toEqual(first);
  expect(topologyAnswer(state, '', randomFrom('seed', 1))).toEqual(first);
  const ids = ({ brokers }: typeof first) => brokers?.map(({ nodeId }) => nodeId).toSorted();
  expect(ids(second)).toEqual(ids(first));
});
