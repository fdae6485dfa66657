import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { missingBrokers, nextKnownBrokers, noKnownBrokers } from '../../src/zeebe/known-brokers.ts';
import { partitionsOf } from '../../src/zeebe/partitions.ts';
import type { Topology } from '../../src/zeebe/topology.ts';
import { findingsOf, verdictOf } from '../../src/zeebe/verdict.ts';
import { type Answer, anyAnswer } from '../arbitraries.ts';
import { broker, follower, leader, nothingKnown, recorded, threeBrokers, topology, topologyOf } from '../topologies.ts';

/** Of a topology, with the brokers missing that a fresh start would name. */
function textsOf(answer: Topology, missing = missingBrokers(nextKnownBrokers(noKnownBrokers, answer), answer)) {
  return findingsOf(answer, partitionsOf(answer), missing).map(({ text }) => text);
}

describe('the findings', () => {
  it('are none of a healthy cluster', () => {
    expect(textsOf(topology(threeBrokers))).toEqual([]);
  });

  it('name the partitions without leader', () => {
    const [first, , third] = threeBrokers;
    const second = broker('1', follower(1), follower(2), follower(3));
    expect(textsOf(topology([first, second, third].flatMap((one) => one ?? [])))).toEqual([
      'partition 2 has no leader',
    ]);
    expect(textsOf(topology([], { clusterSize: 3, partitionsCount: 3 }))[0]).toBe(
      'partitions 1, 2 and 3 have no leader',
    );
  });

  it('name a leader that is unhealthy or dead, and not the same partition as one without leader', () => {
    const sick = broker('0', leader(1, { health: 'dead' }), follower(2), follower(3));
    expect(textsOf(topology([sick, ...threeBrokers.slice(1)]))).toEqual([
      'the leader of partition 1 is dead',
      'partition 1 has 2 of 3 healthy replicas',
    ]);
  });

  it('believe the better one of two leaders', () => {
    const stale = broker('1', leader(1, { health: 'dead' }), leader(2), follower(3));
    const texts = textsOf(topology([...threeBrokers.filter(({ id }) => id !== '1'), stale]));
    expect(texts).toEqual(['partition 1 has 2 of 3 healthy replicas']);
  });

  it('say whose leader is of unknown health', () => {
    const silent = broker('0', leader(1, { health: 'unknown' }), follower(2), follower(3));
    expect(textsOf(topology([silent, ...threeBrokers.slice(1)]))).toEqual([
      'partition 1 has 2 of 3 healthy replicas',
      'the leader of partition 1 is of unknown health',
    ]);
  });

  it('name the missing broker, and what its partitions lack', () => {
    expect(textsOf(topologyOf(recorded('8.6.0-3x3x3-broker-gone')))).toEqual([
      'broker 1 is missing',
      'partitions 1, 2 and 3 have 2 of 3 healthy replicas',
    ]);
  });

  it('count the missing brokers that nobody can name', () => {
    const zoned = [broker('eu_0', leader(1), leader(2), leader(3))];
    const [first] = textsOf(topology(zoned, { replicationFactor: 1 }));
    expect(first).toBe('2 brokers are missing, unknown by name: 1 of 3 are listed');
  });

  it('say that the gateway knows no topology yet, or which size it does not tell', () => {
    expect(textsOf(nothingKnown)).toEqual(['the gateway knows no topology yet']);
    const { clusterSize, ...rest } = topology(threeBrokers);
    expect(clusterSize).toBe(3);
    expect(textsOf(rest)).toEqual(['the gateway does not tell clusterSize']);
  });

  it('stay short however much is wrong', () => {
    const texts = textsOf(topology([], { clusterSize: 1_000, partitionsCount: 8_192 }));
    expect(texts[0]).toBe('partitions 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 8182 more have no leader');
    for (const text of texts) expect(text.length).toBeLessThan(200);
  });

  it('lead to the verdict, the worst first', () => {
    const gravity = { unhealthy: 3, unknown: 2, degraded: 1 };
    fc.assert(
      fc.property(anyAnswer, anyAnswer, (before, answer: Answer) => {
        const then = topologyOf(before);
        const now = topologyOf(answer);
        const missing = missingBrokers(nextKnownBrokers(nextKnownBrokers(noKnownBrokers, then), now), now);
        const partitions = partitionsOf(now);
        const findings = findingsOf(now, partitions, missing);
        const verdicts = findings.map(({ verdict }) => verdict);
        expect(verdicts[0] ?? 'healthy').toBe(verdictOf(now, partitions, missing));
        expect(verdicts).toEqual([...verdicts].sort((a, b) => gravity[b] - gravity[a]));
      }),
      { numRuns: 500 },
    );
  });

  it('are one line each, whatever the gateway calls its brokers', () => {
    fc.assert(
      fc.property(anyAnswer, anyAnswer, (before, answer) => {
        const now = topologyOf(answer);
        const missing = missingBrokers(
          nextKnownBrokers(nextKnownBrokers(noKnownBrokers, topologyOf(before)), now),
          now,
        );
        for (const { text } of findingsOf(now, partitionsOf(now), missing)) expect(text).toMatch(/^[^\p{C}\u2028]+$/u);
      }),
    );
  });
});

describe('the healthy replicas that a partition should have', () => {
  const replicas = (count: number) =>
    Array.from({ length: count }, (_, id) => broker(`${id}`, id === 0 ? leader(1) : follower(1)));

  it('are as many as the factor, where the cluster is larger', () => {
    const sizes = { clusterSize: 3, partitionsCount: 1, replicationFactor: 2 };
    const idle = broker('2');
    expect(textsOf(topology([...replicas(2), idle], sizes))).toEqual([]);
    expect(textsOf(topology([...replicas(1), broker('1'), idle], sizes))).toEqual([
      'partition 1 has 1 of 2 healthy replicas',
    ]);
  });

  it('are as many as the brokers, where the factor is larger', () => {
    expect(textsOf(topology(replicas(2), { clusterSize: 2, partitionsCount: 1, replicationFactor: 3 }))).toEqual([]);
  });
});

describe('one of a thing and several', () => {
  it('are told apart where brokers are missing that have no name', () => {
    const zoned = ['eu_0', 'us_0'].map((id) => broker(id, id === 'eu_0' ? leader(1) : follower(1)));
    const sizes = { clusterSize: 3, partitionsCount: 1, replicationFactor: 2 };
    expect(textsOf(topology(zoned, sizes))).toEqual(['a broker is missing, unknown by name: 2 of 3 are listed']);
  });

  it('are told apart where leaders are in bad health', () => {
    const sick = broker('0', leader(1, { health: 'unhealthy' }), leader(2, { health: 'unhealthy' }));
    const sizes = { clusterSize: 1, partitionsCount: 2, replicationFactor: 1 };
    expect(textsOf(topology([sick], sizes))[0]).toBe('the leaders of partitions 1 and 2 are unhealthy');
  });
});
