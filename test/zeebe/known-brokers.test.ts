import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KnownBrokers, missingBrokers, nextKnownBrokers, noKnownBrokers } from '../../src/zeebe/known-brokers.ts';
import type { Topology } from '../../src/zeebe/topology.ts';
import { broker, follower, nothingKnown, recorded, topology, topologyOf } from '../topologies.ts';

/** Returns brokers with one partition each. */
function listing(...ids: readonly string[]) {
  return ids.map((id) => broker(id, follower(1)));
}

function of(clusterSize: number, ...ids: readonly string[]): Topology {
  return topology(listing(...ids), { clusterSize });
}

/** Returns the missing brokers after a sequence of answers. */
function missingAfter(...answers: readonly Topology[]): readonly string[] {
  const last = answers.at(-1) ?? nothingKnown;
  return missingBrokers(answers.reduce<KnownBrokers>(nextKnownBrokers, noKnownBrokers), last);
}

describe('the missing brokers after the first answer', () => {
  it('are the broker that a recorded cluster lacks', () => {
    expect(missingAfter(topologyOf(recorded('8.6.0-3x3x3-broker-gone')))).toEqual(['1']);
  });

  it('are the ids below the cluster size that are not listed', () => {
    expect(missingAfter(of(5, '3', '1'))).toEqual(['0', '2', '4']);
    expect(missingAfter(of(3))).toEqual(['0', '1', '2']);
  });

  it('are sorted by number', () => {
    expect(missingAfter(of(12, '0', '1', '3', '4', '5', '6', '7', '8', '9', '11'))).toEqual(['2', '10']);
  });

  it('are none if all are listed', () => {
    expect(missingAfter(of(3, '0', '1', '2'))).toEqual([]);
  });

  it('are none if a listed id is not an integer below the cluster size', () => {
    expect(missingAfter(of(3, '0', '3'))).toEqual([]);
    expect(missingAfter(of(3, '0', 'eu_1'))).toEqual([]);
    expect(missingAfter(of(3, '0', '01'))).toEqual([]);
  });

  it('are none without a cluster size', () => {
    expect(missingAfter({ ...nothingKnown, brokers: listing('1') })).toEqual([]);
  });
});

describe('a known broker that is no longer listed', () => {
  it('is missing', () => {
    expect(missingAfter(of(3, '0', '1', '2'), topologyOf(recorded('8.6.0-3x3x3-broker-gone')))).toEqual(['1']);
  });

  it('is missing under its id with a zone', () => {
    const all = of(3, 'eu-west-1_0', 'eu-west-2_0', 'eu-west-3_0');
    expect(missingAfter(all, of(3, 'eu-west-1_0', 'eu-west-3_0'))).toEqual(['eu-west-2_0']);
  });

  it('stays missing while it is not listed', () => {
    expect(missingAfter(of(3, '0', '1', '2'), of(3, '0', '2'), of(3, '0', '2'))).toEqual(['1']);
  });

  it('is missing if no broker is listed', () => {
    expect(missingAfter(of(3, 'a_0', 'a_1', 'a_2'), of(3))).toEqual(['a_0', 'a_1', 'a_2']);
  });

  it('is no longer missing once it is listed again, even without partitions', () => {
    const back = topology([...listing('0', '2'), broker('1')]);
    expect(missingAfter(of(3, '0', '1', '2'), of(3, '0', '2'), back)).toEqual([]);
  });

  it('stays known after it was listed without partitions', () => {
    const rejoining = topology([...listing('a', 'c'), broker('b')]);
    expect(missingAfter(of(3, 'a', 'b', 'c'), rejoining, of(3, 'a', 'c'))).toEqual(['b']);
  });
});

describe('a broker that was never listed with a partition', () => {
  it('is never missing', () => {
    const withGuest = topology([...listing('0', '1', '2'), broker('3')]);
    expect(missingAfter(withGuest, of(3, '0', '1', '2'))).toEqual([]);
  });
});

describe('a broker replaced under a new id', () => {
  it('is no longer missing', () => {
    expect(missingAfter(of(3, '0', '1', '2'), of(3, '0', '2', '3'))).toEqual([]);
  });

  it('is not named when another broker is lost later', () => {
    expect(missingAfter(of(3, '0', '1', '2'), of(3, '0', '2', '3'), of(3, '0', '3'))).toEqual(['2']);
  });

  it('is missing until the new broker has a partition', () => {
    const newcomer = topology([...listing('0', '2'), broker('3')]);
    expect(missingAfter(of(3, '0', '1', '2'), newcomer)).toEqual(['1']);
  });

  it('is not named beyond the number of missing brokers', () => {
    const answers = [of(3, 'a', 'b', 'c'), of(3, 'd', 'e', 'f'), of(3, 'd')];
    expect(missingAfter(...answers)).toEqual(['e', 'f']);
  });
});

describe('missing brokers beyond the known ones', () => {
  it('are the ids below the cluster size that are not listed', () => {
    expect(missingAfter(of(4, '0', '1'), of(4, '0'))).toEqual(['1', '2', '3']);
  });

  it('are not named if a known id is not an integer below the cluster size', () => {
    expect(missingAfter(of(4, '0', 'eu_1'), of(4, '0'))).toEqual(['eu_1']);
    expect(missingAfter(of(4, '0', '7'), of(4, '0'))).toEqual(['7']);
  });
});

describe('scaling', () => {
  it('up makes the new brokers missing until they are listed', () => {
    expect(missingAfter(of(3, '0', '1', '2'), of(5, '0', '1', '2'))).toEqual(['3', '4']);
    expect(missingAfter(of(3, '0', '1', '2'), of(5, '0', '1', '2'), of(5, '0', '1', '2', '3', '4'))).toEqual([]);
  });

  it('down does not make the removed brokers missing', () => {
    expect(missingAfter(of(5, '0', '1', '2', '3', '4'), of(3, '0', '1', '2'))).toEqual([]);
  });

  it('down does not make a broker missing that is listed beyond the size for a while', () => {
    const all = of(5, '0', '1', '2', '3', '4');
    const leaving = topology([...listing('0', '1', '2'), broker('3'), broker('4')]);
    expect(missingAfter(all, leaving)).toEqual([]);
    expect(missingAfter(all, leaving, of(3, '0', '1', '2'))).toEqual([]);
  });

  it('forgets the known brokers when the cluster size changes', () => {
    expect(missingAfter(of(3, 'a', 'b', 'c'), of(4, 'a', 'b'), of(4, 'a', 'b'))).toEqual([]);
  });
});

describe('an answer without a cluster size', () => {
  it('has no missing brokers, and keeps the known ones', () => {
    const starting = topologyOf(recorded('8.5.8-starting'));
    expect(missingAfter(of(3, 'a', 'b', 'c'), starting)).toEqual([]);
    expect(missingAfter(of(3, 'a', 'b', 'c'), starting, of(3, 'a', 'c'))).toEqual(['b']);
  });

  it('adds no known brokers', () => {
    expect(missingAfter({ ...nothingKnown, brokers: listing('x', 'y', 'z') }, of(3, '0', '1'))).toEqual(['2']);
  });
});

describe('the names of missing brokers', () => {
  it('are sorted by id, not by the time of the loss', () => {
    const answers = [of(3, 'a_2', 'a_10', 'b_0'), of(3, 'a_10', 'b_0'), of(3, 'b_0')];
    expect(missingAfter(...answers)).toEqual(['a_2', 'a_10']);
  });

  it('are those listed last, even without partitions, if more are gone than can be missing', () => {
    const replaced = topology([broker('b'), ...listing('c')], { clusterSize: 2 });
    expect(missingAfter(of(2, 'a', 'b'), replaced, of(2, 'c'))).toEqual(['b']);
  });

  it('are never more than the number of missing brokers', () => {
    expect(missingAfter(of(2, 'a', 'b'), of(2, 'c', 'd'), of(2, 'a'))).toHaveLength(1);
  });

  it('are none if more brokers are listed than the cluster size', () => {
    expect(missingAfter(of(2, '0', '1'), of(2, '0', '2', '3'))).toEqual([]);
  });
});

describe('the known brokers', () => {
  it('are at most the listed ones and as many again as the cluster size', () => {
    let members = noKnownBrokers;
    for (let answer = 0; answer < 50; answer++) {
      const ids = Array.from({ length: 4 }, (_, index) => `broker-${answer}-${index}`);
      members = nextKnownBrokers(members, of(3, ...ids));
    }
    expect([...members.lastListed.keys()].length).toBe(4 + 3);
    expect(missingBrokers(members, of(3))).toEqual(['broker-49-0', 'broker-49-1', 'broker-49-2']);
  });

  it('lead to the same missing brokers as if all were remembered', () => {
    const ids = fc.uniqueArray(fc.constantFrom('0', '1', '2', '3', '4', '7', 'a', 'b', 'c'), { maxLength: 5 });
    const answers = fc.array(ids, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), answers, (clusterSize, all) => {
        const topologies = all.map((listed) => of(clusterSize, ...listed));
        expect(missingAfter(...topologies)).toEqual(missingOfAll(clusterSize, all));
      }),
    );
  });
});

/** Applies the rule of docs/metrics.md to all answers, for brokers that all have a partition. */
function missingOfAll(clusterSize: number, answers: readonly (readonly string[])[]): readonly string[] {
  const listed = answers.at(-1) ?? [];
  const known = [...new Set(answers.flat())];
  const gone = known.filter((id) => !listed.includes(id));
  const lastAnswer = (id: string) => answers.findLastIndex((ids) => ids.includes(id));
  const named = gone
    .sort((a, b) => lastAnswer(b) - lastAnswer(a) || (a < b ? -1 : 1))
    .slice(0, Math.max(0, clusterSize - listed.length));
  const unnamed = clusterSize - listed.length - named.length;
  const free = Array.from({ length: clusterSize }, (_, id) => `${id}`).filter((id) => !known.includes(id));
  const areNumbers = known.every((id) => /^\d$/.test(id) && Number(id) < clusterSize);
  return [...named, ...(unnamed > 0 && areNumbers ? free.slice(0, unnamed) : [])].sort();
}
