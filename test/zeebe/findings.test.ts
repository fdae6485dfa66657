import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../src/zeebe/findings.ts';
import { missingBrokers, nextKnownBrokers, noKnownBrokers } from '../../src/zeebe/known-brokers.ts';
import type { Topology } from '../../src/zeebe/topology.ts';
import { viewOf } from '../../src/zeebe/view.ts';
import { type Answer, anyAnswer } from '../arbitraries.ts';
import { broker, follower, leader, nothingKnown, recorded, threeBrokers, topology, topologyOf } from '../topologies.ts';

/** Returns the findings of a topology; by default with the brokers missing that its first answer names. */
function textsOf(answer: Topology, missing = missingBrokers(nextKnownBrokers(noKnownBrokers, answer), answer)) {
  return findingsOf(viewOf(answer, missing)).map(({ text }) => text);
}

describe('the findings', () => {
  it('are empty for a healthy cluster', () => {
    expect(textsOf(topology(threeBrokers))).toEqual([]);
  });

  it('name partitions without leader', () => {
    const [first, , third] = threeBrokers;
    const second = broker('1', follower(1), follower(2), follower(3));
    expect(textsOf(topology([first, second, third].flatMap((one) => one ?? [])))).toEqual([
      'partition 2 has no leader',
    ]);
    expect(textsOf(topology([], { clusterSize: 3, partitionsCount: 3 }))[0]).toBe(
      'partitions 1, 2 and 3 have no leader',
    );
  });

  it('name an unhealthy or dead leader, and do not report its partition as leaderless', () => {
    const sick = broker('0', leader(1, { health: 'dead' }), follower(2), follower(3));
    expect(textsOf(topology([sick, ...threeBrokers.slice(1)]))).toEqual([
      'the leader of partition 1 is dead',
      'partition 1 has 2 of 3 healthy replicas',
    ]);
  });

  it('use the healthier of two leaders', () => {
    const stale = broker('1', leader(1, { health: 'dead' }), leader(2), follower(3));
    const texts = textsOf(topology([...threeBrokers.filter(({ id }) => id !== '1'), stale]));
    expect(texts).toEqual(['partition 1 has 2 of 3 healthy replicas']);
  });

  it('name partitions whose leader has unknown health', () => {
    const silent = broker('0', leader(1, { health: 'unknown' }), follower(2), follower(3));
    expect(textsOf(topology([silent, ...threeBrokers.slice(1)]))).toEqual([
      'partition 1 has 2 of 3 healthy replicas',
      'the leader of partition 1 is of unknown health',
    ]);
  });

  it('name the missing broker and its under-replicated partitions', () => {
    expect(textsOf(topologyOf(recorded('8.6.0-3x3x3-broker-gone')))).toEqual([
      'broker 1 is missing',
      'partitions 1, 2 and 3 have 2 of 3 healthy replicas',
    ]);
  });

  it('count missing brokers whose names are unknown', () => {
    const zoned = [broker('eu_0', leader(1), leader(2), leader(3))];
    const [first] = textsOf(topology(zoned, { replicationFactor: 1 }));
    expect(first).toBe('2 brokers are missing, unknown by name: 1 of 3 are listed');
  });

  it('report a gateway without a topology, and a size that it does not return', () => {
    expect(textsOf(nothingKnown)).toEqual(['the gateway knows no topology yet']);
    const { clusterSize, ...rest } = topology(threeBrokers);
    expect(clusterSize).toBe(3);
    expect(textsOf(rest)).toEqual(['the gateway does not tell clusterSize']);
  });

  it('stay short for thousands of problems', () => {
    const texts = textsOf(topology([], { clusterSize: 1_000, partitionsCount: 8_192 }));
    expect(texts[0]).toBe('partitions 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 8182 more have no leader');
    for (const text of texts) expect(text.length).toBeLessThan(200);
  });

  it('are sorted by verdict, and the first one is the verdict of the cluster', () => {
    const gravity = { unhealthy: 3, unknown: 2, degraded: 1 };
    fc.assert(
      fc.property(anyAnswer, anyAnswer, (before, answer: Answer) => {
        const then = topologyOf(before);
        const now = topologyOf(answer);
        const missing = missingBrokers(nextKnownBrokers(nextKnownBrokers(noKnownBrokers, then), now), now);
        const view = viewOf(now, missing);
        const findings = findingsOf(view);
        const verdicts = findings.map(({ verdict }) => verdict);
        expect(verdicts[0] ?? 'healthy').toBe(view.verdict);
        expect(verdicts).toEqual([...verdicts].sort((a, b) => gravity[b] - gravity[a]));
      }),
      { numRuns: 500 },
    );
  });

  it('are one line each for any broker ids', () => {
    fc.assert(
      fc.property(anyAnswer, anyAnswer, (before, answer) => {
        const now = topologyOf(answer);
        const missing = missingBrokers(
          nextKnownBrokers(nextKnownBrokers(noKnownBrokers, topologyOf(before)), now),
          now,
        );
        for (const { text } of findingsOf(viewOf(now, missing))) expect(text).toMatch(/^[^\p{C}\u2028]+$/u);
      }),
    );
  });
});

describe('the expected number of healthy replicas', () => {
  const replicas = (count: number) =>
    Array.from({ length: count }, (_, id) => broker(`${id}`, id === 0 ? leader(1) : follower(1)));

  it('is the replication factor if the cluster has more brokers', () => {
    const sizes = { clusterSize: 3, partitionsCount: 1, replicationFactor: 2 };
    const idle = broker('2');
    expect(textsOf(topology([...replicas(2), idle], sizes))).toEqual([]);
    expect(textsOf(topology([...replicas(1), broker('1'), idle], sizes))).toEqual([
      'partition 1 has 1 of 2 healthy replicas',
    ]);
  });

  it('is the number of brokers if the replication factor is larger', () => {
    expect(textsOf(topology(replicas(2), { clusterSize: 2, partitionsCount: 1, replicationFactor: 3 }))).toEqual([]);
  });
});

describe('singular and plural in findings', () => {
  it('are used for missing brokers whose names are unknown', () => {
    const zoned = ['eu_0', 'us_0'].map((id) => broker(id, id === 'eu_0' ? leader(1) : follower(1)));
    const sizes = { clusterSize: 3, partitionsCount: 1, replicationFactor: 2 };
    expect(textsOf(topology(zoned, sizes))).toEqual(['a broker is missing, unknown by name: 2 of 3 are listed']);
  });

  it('are used for unhealthy leaders', () => {
    const sick = broker('0', leader(1, { health: 'unhealthy' }), leader(2, { health: 'unhealthy' }));
    const sizes = { clusterSize: 1, partitionsCount: 2, replicationFactor: 1 };
    expect(textsOf(topology([sick], sizes))[0]).toBe('the leaders of partitions 1 and 2 are unhealthy');
  });
});
