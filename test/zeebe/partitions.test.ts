import { describe, expect, it } from 'vitest';
import { type Partition, partitionsOf } from '../../src/zeebe/partitions.ts';
import type { ReplicaState } from '../../src/zeebe/topology.ts';
import {
  broker,
  exactTopology,
  follower,
  groupOf,
  leader,
  recorded,
  threeBrokers,
  topology,
  topologyOf,
} from '../topologies.ts';

function only(partitions: readonly Partition[]): Partition {
  const [partition] = partitions;
  if (partition === undefined || partitions.length > 1) throw new Error(`${partitions.length} partitions, expected 1`);
  return partition;
}

const ofOnePartition = { clusterSize: 3, partitionsCount: 1, replicationFactor: 3 };

describe('the partitions', () => {
  it('are 1 to partitionsCount, listed or not', () => {
    expect(partitionsOf(groupOf(topology([]))).map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it('include other listed ones, sorted by id', () => {
    const scaling = topology([broker('0', leader(7), leader(1)), broker('1', leader(5))]);
    expect(partitionsOf(groupOf(scaling)).map(({ id }) => id)).toEqual([1, 2, 3, 5, 7]);
  });

  it('are the listed ones if the gateway returns no count', () => {
    const brokers = [broker('0', leader(2))];
    expect(partitionsOf(groupOf(exactTopology({}, brokers))).map(({ id }) => id)).toEqual([2]);
  });
});

describe('a partition', () => {
  it('of a healthy cluster has one leader and every replica healthy', () => {
    expect(partitionsOf(groupOf(topology(threeBrokers)))).toMatchObject([
      { id: 1, leaders: ['0'], replicas: 3, healthyReplicas: 3 },
      { id: 2, leaders: ['1'], replicas: 3, healthyReplicas: 3 },
      { id: 3, leaders: ['2'], replicas: 3, healthyReplicas: 3 },
    ]);
  });

  it('of a cluster that lost its quorum has no leader, but healthy replicas', () => {
    expect(partitionsOf(groupOf(topologyOf(recorded('8.6.0-3x3x3-quorum-lost'))))).toMatchObject([
      { id: 1, leaders: [], replicas: 1, healthyReplicas: 1 },
      { id: 2, leaders: [], replicas: 1, healthyReplicas: 1 },
      { id: 3, leaders: [], replicas: 1, healthyReplicas: 1 },
    ]);
  });

  it('counts leaders and followers as replicas, not inactive ones and unknown roles', () => {
    const brokers = [
      broker('0', leader(1)),
      broker('1', follower(1)),
      broker('2', follower(1, { role: 'inactive' })),
      broker('3', follower(1, { role: 'unknown' })),
    ];
    expect(only(partitionsOf(groupOf(topology(brokers, ofOnePartition))))).toMatchObject({
      replicas: 2,
      healthyReplicas: 2,
    });
  });

  it('counts only replicas with the health healthy as healthy', () => {
    const brokers = [
      broker('0', leader(1)),
      broker('1', follower(1, { health: 'unhealthy' })),
      broker('2', follower(1, { health: 'dead' })),
      broker('3', follower(1, { health: 'unknown' })),
      broker('4', follower(1, { role: 'inactive', health: 'healthy' })),
    ];
    expect(only(partitionsOf(groupOf(topology(brokers, ofOnePartition))))).toMatchObject({
      replicas: 4,
      healthyReplicas: 1,
    });
  });

  it.each<[ReplicaState, number]>([
    ['active', 1],
    ['recovering', 1],
    ['unknown', 1],
    ['joining', 0],
    ['leaving', 0],
  ])('counts a replica that is %s as %i', (state, count) => {
    const brokers = [broker('0', follower(1, { state }))];
    expect(only(partitionsOf(groupOf(topology(brokers, ofOnePartition))))).toMatchObject({
      replicas: count,
      healthyReplicas: count,
    });
  });

  it('is led by a replica that is leaving', () => {
    const brokers = [broker('0', leader(1, { state: 'leaving' }))];
    expect(only(partitionsOf(groupOf(topology(brokers, ofOnePartition))))).toMatchObject({
      leaders: ['0'],
      replicas: 0,
    });
  });

  it('may have two leaders', () => {
    const brokers = [broker('0', leader(1)), broker('1', leader(1))];
    expect(only(partitionsOf(groupOf(topology(brokers, ofOnePartition))))).toMatchObject({
      leaders: ['0', '1'],
      replicas: 2,
    });
  });
});
