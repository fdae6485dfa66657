import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { takePart } from '../../src/election/election.ts';
import { memoryLog } from '../memory-log.ts';
import { type Link, simulatedLease } from './simulated-lease.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** The longest time between two attempts of a candidate. */
const maxRetry = 2_000 * 2.2;

type Lease = ReturnType<typeof simulatedLease>;

/** A candidate whose wall clock is wrong by `skew`, and whose monotonic clock can be paused together with its process. */
function candidate(lease: Lease, identity: string, { skew = 0, random = (): number => 0 } = {}) {
  const link: Link = { requestTakes: 10, answerTakes: 10, isCut: false, losesAnswers: false };
  const log = memoryLog();
  const clock: Clock = { now: () => systemClock.now() + skew, monotonic: systemClock.monotonic };
  let works = false;
  const work = (isWorking: boolean) => async () => {
    works = isWorking;
  };
  const election = takePart({
    store: lease.linked(link),
    identity,
    lead: work(true),
    standBy: work(false),
    logger: log.logger,
    clock,
    random,
  });
  const stop = () => election.stop(work(false));
  onTestFinished(() => {
    Object.assign(link, { requestTakes: 0, answerTakes: 0, isCut: false, losesAnswers: false });
    return stop();
  });
  return { link, log, leads: election.leads, works: () => works, stop };
}

describe('a candidate alone', () => {
  it('leads at once, and as long as it renews the lease', async () => {
    const lease = simulatedLease();
    const one = candidate(lease, 'one');
    expect(one.leads()).toBe(false);
    await pass(100);
    expect(one.leads()).toBe(true);
    expect(one.works()).toBe(true);
    const first = lease.record();
    expect(first).toMatchObject({ holder: 'one', durationSeconds: 15, transitions: 0 });
    await pass(120_000);
    expect(one.leads()).toBe(true);
    expect(lease.record()).toMatchObject({ holder: 'one', acquiredAt: first?.acquiredAt, transitions: 0 });
    expect(lease.record()?.renewedAt).toBeGreaterThan(systemClock.now() - 2_100);
  });

  it('stands by while the API server cannot be reached, says why once, and leads afterwards', async () => {
    const lease = simulatedLease();
    const one = candidate(lease, 'one');
    one.link.isCut = true;
    await pass(60_000);
    expect(one.leads()).toBe(false);
    expect(one.log.lines.filter((line) => line.msg.startsWith('the lease could not be read'))).toHaveLength(1);
    one.link.isCut = false;
    await pass(5_000 + maxRetry);
    expect(one.works()).toBe(true);
  });
});

describe('of two candidates', () => {
  it('that start together one creates the lease, and the other stands by without a warning', async () => {
    const lease = simulatedLease();
    const [first, second] = [candidate(lease, 'first'), candidate(lease, 'second', { random: () => 0.5 })];
    await pass(maxRetry + 100);
    expect([first.works(), second.works()]).toEqual([true, false]);
    expect(first.log.lines.map(({ msg }) => msg)).toEqual(['this exporter leads from now on']);
    expect(second.log.lines.map(({ msg }) => msg)).toEqual(['this exporter stands by: first leads']);
  });

  async function two(options: Parameters<typeof candidate>[2] = {}) {
    const lease = simulatedLease();
    const leader = candidate(lease, 'leader');
    await pass(100);
    const standby = candidate(lease, 'standby', options);
    await pass(20_000);
    expect([leader.works(), standby.works()]).toEqual([true, false]);
    return { lease, leader, standby };
  }

  it('one leads, and the other says which', async () => {
    const { standby } = await two();
    expect(standby.log.lines.map(({ msg }) => msg)).toEqual(['this exporter stands by: leader leads']);
  });

  it('the standby leads soon after the leader has stopped', async () => {
    const { lease, leader, standby } = await two();
    void leader.stop();
    await pass(100);
    expect(lease.record()?.holder).toBe('');
    await pass(maxRetry);
    expect(standby.works()).toBe(true);
    expect(lease.record()).toMatchObject({ holder: 'standby', transitions: 1 });
  });

  it('the leader ends its work before it releases the lease', async () => {
    const lease = simulatedLease();
    const ended = Promise.withResolvers<void>();
    const election = takePart({
      store: lease.linked({ requestTakes: 0, answerTakes: 0, isCut: false, losesAnswers: false }),
      identity: 'leader',
      lead: async () => {},
      standBy: async () => {},
      logger: memoryLog().logger,
      clock: systemClock,
      random: () => 0,
    });
    await pass(100);
    const stopped = election.stop(() => ended.promise);
    await pass(1_000);
    expect(lease.record()?.holder).toBe('leader');
    ended.resolve();
    await stopped;
    expect(lease.record()?.holder).toBe('');
  });

  it.each([
    'isCut',
    'losesAnswers',
  ] as const)('the leader stops before the other begins if its link %s', async (fault) => {
    const { leader, standby } = await two();
    leader.link[fault] = true;
    await pass(8_000);
    expect(leader.works()).toBe(true);
    await pass(2_100);
    expect([leader.leads(), leader.works(), standby.works()]).toEqual([false, false, false]);
    expect(leader.log.lines.map(({ msg }) => msg)).toContain(
      'this exporter no longer leads: the lease was not renewed in time',
    );
    await pass(5_000 + 10_000 + maxRetry);
    expect([leader.works(), standby.works()]).toEqual([false, true]);
    leader.link[fault] = false;
    await pass(20_000);
    expect([leader.works(), standby.works()]).toEqual([false, true]);
  });

  it('the standby leads within the lease after the leader was killed', async () => {
    const { leader, standby } = await two();
    // To the others, a process that has ended looks like one that is cut off.
    leader.link.isCut = true;
    await pass(15_000 + maxRetry);
    expect(standby.works()).toBe(true);
  });

  it.each([
    -86_400_000, 86_400_000,
  ])('the leader stays if the wall clock of the standby is wrong by %i ms', async (skew) => {
    const { leader, standby } = await two({ skew });
    await pass(120_000);
    expect([leader.works(), standby.works()]).toEqual([true, false]);
  });

  it('the leader stays if the wall clock jumps', async () => {
    const { leader, standby } = await two();
    vi.setSystemTime(systemClock.now() + 3_600_000);
    await pass(30_000);
    vi.setSystemTime(systemClock.now() - 7_200_000);
    await pass(30_000);
    expect([leader.works(), standby.works()]).toEqual([true, false]);
  });

  it('the leader stays if the API server takes four seconds', async () => {
    const { leader, standby } = await two();
    for (const { link } of [leader, standby]) Object.assign(link, { requestTakes: 2_000, answerTakes: 2_000 });
    await pass(120_000);
    expect([leader.works(), standby.works()]).toEqual([true, false]);
  });

  it('none leads while the API server takes longer than a renewal may', async () => {
    const { leader, standby } = await two();
    for (const { link } of [leader, standby]) Object.assign(link, { requestTakes: 3_000, answerTakes: 3_000 });
    await pass(120_000);
    expect([leader.works(), standby.works()]).toEqual([false, false]);
    for (const { link } of [leader, standby]) Object.assign(link, { requestTakes: 10, answerTakes: 10 });
    await pass(30_000);
    expect([leader.works(), standby.works()].filter(Boolean)).toHaveLength(1);
  });

  it('the leader does not lead after its process was paused, even before it notices', async () => {
    const { leader } = await two();
    // As if no timer had been run for that time.
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 30_000);
    expect(leader.leads()).toBe(false);
  });

  it('the leader stays if the lease is deleted, and creates another one', async () => {
    const { lease, leader, standby } = await two();
    lease.remove();
    await pass(2_100);
    expect([leader.works(), standby.works()]).toEqual([true, false]);
    expect(lease.record()).toMatchObject({ holder: 'leader' });
    await pass(30_000);
    expect([leader.works(), standby.works()]).toEqual([true, false]);
  });

  it('the leader stops at once when somebody gives the lease to another', async () => {
    const { lease, leader } = await two();
    const store = lease.linked({ requestTakes: 0, answerTakes: 0, isCut: false, losesAnswers: false });
    const { signal } = new AbortController();
    const current = await store.read(signal);
    if (!current) throw new Error('expected a lease');
    await store.update({ ...current.record, holder: 'other' }, current.version, signal);
    await pass(2_100);
    expect(leader.works()).toBe(false);
    const { msg } = leader.log.lines.at(-1) ?? {};
    expect(msg).toBe('this exporter no longer leads: other has taken the lease');
  });
});

type Fault = { readonly at: number; readonly who: number } & Partial<Link>;

const fault: fc.Arbitrary<Fault> = fc.record(
  {
    at: fc.integer({ min: 0, max: 1_200 }),
    who: fc.nat({ max: 2 }),
    requestTakes: fc.constantFrom(5, 1_000, 4_000),
    answerTakes: fc.constantFrom(5, 1_000, 4_000),
    isCut: fc.boolean(),
    losesAnswers: fc.boolean(),
  },
  { requiredKeys: ['at', 'who'] },
);

describe('of three candidates with slow, cut and one-way links', () => {
  it('never two lead, and one leads after the faults have ended', async () => {
    const step = 100;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { minLength: 1, maxLength: 6 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }),
        async (faults, draws) => {
          const lease = simulatedLease();
          let drawn = 0;
          const random = () => draws[drawn++ % draws.length] ?? 0;
          const candidates = [0, 1, 2].map((who) => candidate(lease, `${who}`, { random, skew: who * 1_000_000 }));
          for (let at = 0; at < 1_200; at++) {
            for (const { at: _, who, ...change } of faults.filter((each) => each.at === at)) {
              Object.assign(candidates[who]?.link ?? {}, change);
            }
            await pass(step);
            expect(candidates.filter(({ leads, works }) => leads() || works()).length).toBeLessThan(2);
          }
          for (const { link } of candidates)
            Object.assign(link, { requestTakes: 5, answerTakes: 5, isCut: false, losesAnswers: false });
          await pass(60_000);
          expect(candidates.filter(({ works }) => works())).toHaveLength(1);
          const stopped = Promise.all(candidates.map(({ stop }) => stop()));
          await pass(10_000);
          await stopped;
        },
      ),
      { numRuns: 100 },
    );
  });
});
