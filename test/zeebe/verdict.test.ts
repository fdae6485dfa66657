import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { missingBrokers, nextKnownBrokers, noKnownBrokers } from '../../src/zeebe/known-brokers.ts';
import type { ReplicaHealth, ReplicaState, Topology } from '../../src/zeebe/topology.ts';
import type { Verdict } from '../../src/zeebe/verdict.ts';
import { viewOf } from '../../src/zeebe/view.ts';
import { anyAnswer, reordered } from '../arbitraries.ts';
import {
  broker,
  exactTopology,
  follower,
  type ListedBroker,
  leader,
  nothingKnown,
  recorded,
  threeBrokers,
  topology,
  topologyOf,
} from '../topologies.ts';

/** Returns the verdict of an answer; by default with the brokers missing that a first answer names. */
function verdict(answer: Topology, missing?: readonly string[]): Verdict {
  return viewOf(answer, missing ?? missingBrokers(nextKnownBrokers(noKnownBrokers, answer), answer)).verdict;
}

const onePartition = { clusterSize: 3, partitionsCount: 1, replicationFactor: 3 };

/** Returns three brokers with one partition, whose leader has the given health. */
function withLeader(health: ReplicaHealth): readonly ListedBroker[] {
  return [broker('0', leader(1, { health })), broker('1', follower(1)), broker('2', follower(1))];
}

describe('the verdict of recorded answers', () => {
  it.each<[string, Verdict]>([
    ['8.6.0-3x3x3-healthy', 'healthy'],
    ['8.6.0-3x3x3-leader-moved', 'degraded'],
    ['8.6.0-3x3x3-broker-gone', 'degraded'],
    ['8.6.0-3x3x3-broker-rejoining', 'unhealthy'],
    ['8.6.0-3x3x3-quorum-lost', 'unhealthy'],
    ['8.5.8-starting', 'unknown'],
  ])('%s is %s', (name, expected) => {
    expect(verdict(topologyOf(recorded(name)))).toBe(expected);
  });
});

describe('the verdict unknown', () => {
  it('applies to a gateway without a topology', () => {
    expect(verdict(nothingKnown)).toBe('unknown');
  });

  it.each(['clusterSize', 'partitionsCount', 'replicationFactor'])('applies to an answer without %s', (field) => {
    const sizes = { clusterSize: 1, partitionsCount: 1, replicationFactor: 1 };
    const brokers = [{ nodeId: 0, partitions: [{ partitionId: 1, role: 'leader', health: 'healthy' }] }];
    expect(verdict(topologyOf({ ...sizes, brokers }))).toBe('healthy');
    for (const value of [null, 0, -1])
      expect(verdict(topologyOf({ ...sizes, brokers, [field]: value }))).toBe('unknown');
  });

  it('has precedence over partitions without a leader', () => {
    expect(verdict(exactTopology({ partitionsCount: 3 }, []))).toBe('unknown');
  });
});

describe('the verdict unhealthy', () => {
  it('applies to a partition without a leader, although every replica is healthy', () => {
    const brokers = [broker('0', follower(1)), broker('1', follower(1)), broker('2', follower(1))];
    expect(verdict(topology(brokers, onePartition))).toBe('unhealthy');
  });

  it('applies to a partition that no broker lists', () => {
    expect(verdict(topology(threeBrokers, { partitionsCount: 4 }))).toBe('unhealthy');
  });

  it.each<ReplicaHealth>(['unhealthy', 'dead'])('applies to a leader that is %s', (health) => {
    expect(verdict(topology(withLeader(health), onePartition))).toBe('unhealthy');
  });

  it('does not apply to a partition without a leader beyond partitionsCount, which is still bootstrapping', () => {
    const bootstrapping = [
      broker('0', leader(1), follower(2)),
      broker('1', follower(1), follower(2)),
      broker('2', follower(1), follower(2)),
    ];
    expect(verdict(topology(bootstrapping, { partitionsCount: 1 }))).toBe('healthy');
    expect(verdict(topology(bootstrapping, { partitionsCount: 2 }))).toBe('unhealthy');
  });

  it('applies if no broker is listed', () => {
    expect(verdict(topology([]))).toBe('unhealthy');
  });
});

describe('the verdict degraded', () => {
  it('applies to a leader of unknown health', () => {
    expect(verdict(topology(withLeader('unknown'), onePartition))).toBe('degraded');
  });

  it.each<ReplicaHealth>(['unhealthy', 'dead', 'unknown'])('applies to a follower that is %s', (health) => {
    const brokers = [broker('0', leader(1)), broker('1', follower(1)), broker('2', follower(1, { health }))];
    expect(verdict(topology(brokers, onePartition))).toBe('degraded');
  });

  it.each<[ReplicaState, Verdict]>([
    ['joining', 'degraded'],
    ['leaving', 'degraded'],
    ['active', 'healthy'],
    ['recovering', 'healthy'],
    ['unknown', 'healthy'],
  ])('depends on the state of a replica: %s is %s', (state, expected) => {
    const brokers = [broker('0', leader(1)), broker('1', follower(1)), broker('2', follower(1, { state }))];
    expect(verdict(topology(brokers, onePartition))).toBe(expected);
  });

  it('applies to fewer brokers than the cluster size, although all replicas are healthy and no missing broker is named', () => {
    const facts = { clusterSize: 3, partitionsCount: 1, replicationFactor: 2 };
    const answer = topology([broker('eu-west-1_0', leader(1)), broker('eu-west-2_0', follower(1))], facts);
    expect(verdict(answer, [])).toBe('degraded');
  });

  it('applies to a named missing broker, although as many brokers are listed as the cluster size', () => {
    expect(verdict(topology(threeBrokers), [])).toBe('healthy');
    expect(verdict(topology(threeBrokers), ['3'])).toBe('degraded');
  });

  it('applies to too few healthy replicas of a partition beyond partitionsCount', () => {
    const brokers = [broker('0', leader(1), follower(2)), broker('1', follower(1)), broker('2', follower(1))];
    expect(verdict(topology(brokers, onePartition))).toBe('degraded');
  });

  it('applies to a broker that rejoins without partitions', () => {
    const brokers = [broker('0', leader(1)), broker('1', follower(1)), broker('2')];
    expect(verdict(topology(brokers, onePartition))).toBe('degraded');
  });

  it('applies to a second leader of unknown health', () => {
    const facts = { clusterSize: 2, partitionsCount: 1, replicationFactor: 1 };
    const brokers = [broker('0', leader(1)), broker('1', leader(1, { health: 'unknown' }))];
    expect(verdict(topology(brokers, facts))).toBe('degraded');
  });
});

describe('the verdict healthy', () => {
  it('applies if every broker is listed, every partition has a leader and every replica is healthy', () => {
    expect(verdict(topology(threeBrokers))).toBe('healthy');
  });

  it('requires no more replicas than there are brokers', () => {
    const facts = { clusterSize: 1, partitionsCount: 1, replicationFactor: 3 };
    expect(verdict(topology([broker('0', leader(1))], facts))).toBe('healthy');
  });

  it('applies to two healthy leaders', () => {
    const brokers = [broker('0', leader(1)), broker('1', leader(1)), broker('2', follower(1))];
    expect(verdict(topology(brokers, onePartition))).toBe('healthy');
  });

  it('applies to more brokers than the cluster size', () => {
    const more = [...threeBrokers, broker('3')];
    expect(verdict(topology(more))).toBe('healthy');
  });

  it('applies to an unhealthy inactive replica beside enough healthy ones', () => {
    const facts = { clusterSize: 3, partitionsCount: 1, replicationFactor: 2 };
    const inactive = follower(1, { role: 'inactive', health: 'unhealthy' });
    const brokers = [broker('0', leader(1)), broker('1', follower(1)), broker('2', inactive)];
    expect(verdict(topology(brokers, facts))).toBe('healthy');
  });
});

it('the verdict does not depend on the order of brokers and partitions in an answer', () => {
  fc.assert(
    fc.property(
      anyAnswer.chain((answer) => fc.tuple(fc.constant(answer), reordered(answer))),
      ([answer, other]) => {
        expect(verdict(topologyOf(other))).toBe(verdict(topologyOf(answer)));
      },
    ),
  );
});
