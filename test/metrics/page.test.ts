import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChunk } from '../../src/metrics/chunk.ts';
import { type ClusterPart, createClusterRenderer } from '../../src/metrics/cluster-renderer.ts';
import { clusterLabel, formats } from '../../src/metrics/family.ts';
import { createPage, type Encoding, encodings } from '../../src/metrics/page.ts';
import { createProcessMetrics, type ProcessMetrics } from '../../src/metrics/process-metrics.ts';
import { type ClusterState, initialState, nextState } from '../../src/poll/state.ts';
import type { Role, Topology } from '../../src/zeebe/topology.ts';
import { manualClock } from '../manual-clock.ts';
import { clusterConfig, failed, succeeded } from '../polls.ts';
import { everyStepTakesLong } from '../slow-steps.ts';
import { broker, leader, threeBrokers, topology } from '../topologies.ts';
import { noProcessMetrics, partOf, readPage, samplesOf, textOf, unzipped, valuesOf } from './pages.ts';
import { parseStrictly } from './strict-parser.ts';

const healthy = succeeded(topology(threeBrokers));
const oneBroker = succeeded(topology(threeBrokers.slice(0, 1)));

/** Metrics of a process that count how often they were read. */
function countingProcess(): ProcessMetrics {
  let reads = 0;
  return {
    reloaded: () => {},
    webConfigRead: () => {},
    leads: () => {},
    discovered: () => {},
    notDiscovered: () => {},
    render: async () => {
      const text = `# HELP reads Reads.\n# TYPE reads gauge\nreads ${++reads}\n`;
      return () => text;
    },
  };
}

function setUp({ clusters = ['production'], processMetrics = noProcessMetrics } = {}) {
  const clock = manualClock();
  const page = createPage(clusters, processMetrics, clock);
  const read = async () => readPage(textOf(await page.body('text', 'identity')));
  return { clock, page, read };
}

describe('a body of the page', () => {
  it.each(encodings)('retains its chunks until it is made, whenever an update replaces them (%s)', async (encoding) => {
    for (let turns = 0; turns < 20; turns++) {
      const { page } = setUp();
      let references = 0;
      let released = 0;
      const chunk = {
        ...createChunk(Buffer.alloc(100_000, 'a 1\n')),
        retain: () => {
          references++;
        },
        release: () => {
          references--;
          if (references === 0) released++;
        },
      };
      page.update('production', [[chunk]]);
      const body = page.body('text', encoding);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      page.update('production', []);
      await body;
      expect(released).toBeLessThanOrEqual(1);
    }
  });
});

describe('an update of the page', () => {
  it('replaces all series of a cluster', async () => {
    const { page, read } = setUp();
    page.update('production', await partOf({ results: [healthy] }));
    expect(valuesOf(await read(), 'broker_up')).toEqual({ 'broker=0': 1, 'broker=1': 1, 'broker=2': 1 });
    page.update('production', await partOf({ results: [healthy, oneBroker] }));
    expect(valuesOf(await read(), 'broker_up')).toEqual({ 'broker=0': 1, 'broker=1': 0, 'broker=2': 0 });
    expect(samplesOf(await read(), 'partition_role')).toHaveLength(12);
    page.update('production', await partOf({ results: [healthy, oneBroker, failed('dns')] }));
    expect(valuesOf(await read(), 'broker_up')).toEqual({});
    expect(valuesOf(await read(), 'polls_total')).toEqual({ '': 3 });
  });

  it('does not change the parts of other clusters', async () => {
    const { page, read } = setUp({ clusters: ['a', 'b'] });
    page.update('a', await partOf({ results: [healthy], config: { name: 'a' } }));
    page.update('b', await partOf({ results: [healthy], config: { name: 'b' } }));
    page.update('b', await partOf({ results: [failed('dns')], config: { name: 'b' } }));
    expect(samplesOf(await read(), 'up')).toEqual([
      { name: 'zeebe_topology_up', labels: { zeebe_cluster: 'a' }, value: 1 },
      { name: 'zeebe_topology_up', labels: { zeebe_cluster: 'b' }, value: 0 },
    ]);
    expect(samplesOf(await read(), 'brokers').map(({ labels }) => labels.zeebe_cluster)).toEqual(['a']);
  });

  it('keeps the order of the clusters, whichever was polled first', async () => {
    const { page, read } = setUp({ clusters: ['b', 'a', 'c'] });
    for (const name of ['a', 'c', 'b']) page.update(name, await partOf({ results: [healthy], config: { name } }));
    expect(samplesOf(await read(), 'up').map(({ labels }) => labels.zeebe_cluster)).toEqual(['b', 'a', 'c']);
  });

  it('is seen by a later scrape, even while an earlier one is being answered', async () => {
    const { page } = setUp();
    page.update('production', await partOf({ results: [healthy] }));
    const part = await partOf({ results: [healthy, failed('dns')] });
    const before = page.body('text', 'gzip');
    page.update('production', part);
    const after = page.body('text', 'gzip');
    await before;
    expect(valuesOf(readPage(textOf(unzipped(await after))), 'polls_total')).toEqual({ '': 2 });
  });
});

describe('a new arrangement of the page', () => {
  const upsOf = async (read: ReturnType<typeof setUp>['read']) =>
    samplesOf(await read(), 'up').map(({ labels, value }) => [labels.zeebe_cluster, value]);

  it('removes the clusters that it does not name, and keeps the parts of the others in its order', async () => {
    const { page, read } = setUp({ clusters: ['a', 'b', 'c'] });
    for (const name of ['a', 'b', 'c']) page.update(name, await partOf({ results: [healthy], config: { name } }));
    await read();
    page.arrange(['c', 'new', 'a']);
    expect(await upsOf(read)).toEqual([
      ['c', 1],
      ['a', 1],
    ]);
    page.update('new', await partOf({ results: [failed('dns')], config: { name: 'new' } }));
    expect(await upsOf(read)).toEqual([
      ['c', 1],
      ['new', 0],
      ['a', 1],
    ]);
  });
});

describe('the page of one cluster', () => {
  it.each(formats)('has its series only, all of them and in the same order (%s)', async (format) => {
    const { page } = setUp({ clusters: ['a', 'b'], processMetrics: createProcessMetrics() });
    const part = await partOf({ results: [healthy], config: { name: 'b' } });
    page.update('a', await partOf({ results: [healthy], config: { name: 'a' } }));
    page.update('b', part);
    const alone = setUp({ clusters: ['b'] }).page;
    alone.update('b', part);
    const expected = textOf(await alone.body(format, 'identity'));
    expect(textOf(await page.bodyOf('b', format, 'identity'))).toBe(expected);
    expect(textOf(unzipped(await page.bodyOf('b', format, 'gzip')))).toBe(expected);
  });

  it.each(encodings)('is made once per poll and shared by all requests (%s)', async (encoding) => {
    const { page } = setUp();
    page.update('production', await partOf({ results: [healthy] }));
    const first = await page.bodyOf('production', 'text', encoding);
    expect(await page.bodyOf('production', 'text', encoding)).toBe(first);
    page.update('production', await partOf({ results: [healthy, failed('dns')] }));
    expect(await page.bodyOf('production', 'text', encoding)).not.toBe(first);
  });

  it('is empty and valid if the cluster is unknown', async () => {
    const { page } = setUp();
    expect(textOf(await page.bodyOf('nobody', 'text', 'identity'))).toBe('');
    expect(textOf(await page.bodyOf('nobody', 'openmetrics', 'identity'))).toBe('# EOF\n');
  });
});

describe('the body of the page', () => {
  it.each(formats)('is the same object while nothing has changed (%s)', async (format) => {
    const { page, clock } = setUp();
    page.update('production', await partOf({ results: [healthy] }));
    const plain = await page.body(format, 'identity');
    const zipped = await page.body(format, 'gzip');
    clock.advance(4_999);
    expect(await page.body(format, 'identity')).toBe(plain);
    expect(await page.body(format, 'gzip')).toBe(zipped);
  });

  it('is made once for scrapes at the same time', async () => {
    const { page } = setUp();
    page.update('production', await partOf({ results: [healthy] }));
    const [one, other] = await Promise.all([page.body('text', 'gzip'), page.body('text', 'gzip')]);
    expect(other).toBe(one);
  });

  it.each(formats)('has the same text with and without gzip (%s)', async (format) => {
    const { page } = setUp({ processMetrics: createProcessMetrics() });
    page.update('production', await partOf({ results: [healthy] }));
    const plain = await page.body(format, 'identity');
    expect(textOf(unzipped(await page.body(format, 'gzip')))).toBe(textOf(plain));
  });

  it('is empty and valid without series', async () => {
    const { page } = setUp();
    expect(textOf(await page.body('text', 'identity'))).toBe('');
    expect(textOf(await page.body('openmetrics', 'identity'))).toBe('# EOF\n');
  });
});

async function asRenderedAnew(state: ClusterState): Promise<string> {
  const { page } = setUp();
  page.update('production', await createClusterRenderer(clusterLabel('production'))(state, new Map()));
  return textOf(await page.body('text', 'identity'));
}

describe('a page of large chunks', () => {
  /** A topology whose families are large enough to be chunks of their own. */
  const large = (role: Role): Topology =>
    topology([broker('0', ...Array.from({ length: 700 }, (_, index) => ({ ...leader(index + 1), role })))], {
      partitionsCount: 700,
    });
  const partOfLarge = (...roles: readonly Role[]) => partOf({ results: roles.map((role) => succeeded(large(role))) });

  it.each(formats)('has the same text with and without gzip (%s)', async (format) => {
    const { page } = setUp({ processMetrics: createProcessMetrics() });
    page.update('production', await partOfLarge('leader'));
    const plain = await page.body(format, 'identity');
    expect(plain.length).toBeGreaterThan(2);
    expect(textOf(unzipped(await page.body(format, 'gzip')))).toBe(textOf(plain));
    expect(samplesOf(readPage(textOf(plain), format), 'partition_role')).toHaveLength(2_800);
  });

  it.each([
    'read or compressed',
    'put together in many steps',
  ])('does not change while it is %s, whatever is polled meanwhile', async (how) => {
    if (how === 'put together in many steps') everyStepTakesLong();
    const roles: readonly Role[] = ['leader', 'follower', 'inactive'];
    const steps = fc.array(fc.constantFrom<('poll' | Encoding)[]>('poll', ...encodings), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const { page } = setUp();
        const render = createClusterRenderer(clusterLabel('production'));
        let state = initialState(clusterConfig());
        let expected = '';
        const read: { readonly text: Promise<string>; readonly expected: string }[] = [];
        for (const [step, what] of ['poll' as const, ...taken].entries()) {
          if (what === 'poll') {
            state = nextState(state, succeeded(large(roles[step % 3] ?? 'unknown')));
            page.update('production', await render(state, new Map()));
            expected = await asRenderedAnew(state);
          } else {
            const body = page.body('text', what);
            // By then, the body is made of the page as it is now.
            await new Promise(setImmediate);
            const text = body.then((bytes) => textOf(what === 'gzip' ? unzipped(bytes) : bytes));
            read.push({ text, expected });
          }
        }
        for (const { text, expected } of read) expect((await text) === expected).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps the bytes of a part that is replaced while it is put together', async () => {
    everyStepTakesLong();
    const { page } = setUp();
    const chunk = createChunk(Buffer.from('up 1\n'));
    page.update('production', [[chunk]]);
    const body = page.body('text', 'gzip');
    await new Promise(setImmediate);
    page.update('production', []);
    expect(chunk.isRetained()).toBe(true);
    expect(textOf(unzipped(await body))).toContain('up 1\n');
    expect(chunk.isRetained()).toBe(false);
  });

  it('is compressed before an update, after the first request for gzip', async () => {
    const { page } = setUp();
    let compressions = 0;
    const bytes = Buffer.alloc(100_000, '\n');
    const compressed = async () => Buffer.alloc(++compressions);
    const part = [[{ ...createChunk(bytes), compressed }]];
    await page.prepare(part);
    expect(compressions).toBe(0);
    await page.body('text', 'gzip');
    await page.prepare(part);
    expect(compressions).toBe(1);
  });
});

describe('a page of many small clusters', () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `cluster-${String(index).padStart(3, '0')}`);
  /** A line of 100 bytes in each of three families: together, a family has one block and a half. */
  const partWith = (name: string, value: number): ClusterPart =>
    [0, 1, 2].map((family) => `family_${family}{zeebe_cluster="${name}",own="${'x'.repeat(50)}"} ${value}\n`);

  function setUpMany() {
    const { page } = setUp({ clusters: names });
    for (const name of names) page.update(name, partWith(name, 1));
    return page;
  }

  it('keeps the bytes in which no line has changed, also if another line has become longer', async () => {
    const page = setUpMany();
    const before = await page.body('text', 'identity');
    page.update('cluster-001', partWith('cluster-001', 1).with(1, partWith('cluster-001', 123_456)[1] ?? ''));
    const after = await page.body('text', 'identity');
    const kept = after.filter((bytes) => before.includes(bytes));
    expect(after.length).toBeGreaterThan(5);
    expect(after.length - kept.length).toBe(1);
    expect(textOf(after)).toMatch(/family_1{zeebe_cluster="cluster-001".* 123456\n/);
  });

  it.each(formats)('has the same text as a page made anew, whatever was on it before (%s)', async (format) => {
    const change = fc.tuple(fc.constantFrom(...names), fc.constantFrom(0, 1, 2, 123_456));
    const read = fc.constantFrom(...formats);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(change, read), { maxLength: 5 }), async (changes) => {
        const page = setUpMany();
        const anew = setUpMany();
        for (const [[name, value], before] of changes) {
          await page.body(before, 'gzip');
          page.update(name, partWith(name, value));
          anew.update(name, partWith(name, value));
        }
        const zipped = await page.body(format, 'gzip');
        expect(textOf(unzipped(zipped)) === textOf(await anew.body(format, 'identity'))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});

describe('the metrics of the process on the page', () => {
  const readsOf = async ({ read }: ReturnType<typeof setUp>) => (await read()).get('reads')?.samples[0]?.value;

  it('are read again after five seconds and not before', async () => {
    const set = setUp({ processMetrics: countingProcess() });
    expect(await readsOf(set)).toBe(1);
    set.clock.advance(4_999);
    expect(await readsOf(set)).toBe(1);
    set.clock.advance(1);
    expect(await readsOf(set)).toBe(2);
    set.clock.advance(4_999);
    expect(await readsOf(set)).toBe(2);
  });

  it('are read again at once after a refresh', async () => {
    const set = setUp({ processMetrics: countingProcess() });
    expect(await readsOf(set)).toBe(1);
    set.page.refresh();
    expect(await readsOf(set)).toBe(2);
    expect(await readsOf(set)).toBe(2);
  });

  it('are not read again after a poll', async () => {
    const set = setUp({ processMetrics: countingProcess() });
    expect(await readsOf(set)).toBe(1);
    set.page.update('production', await partOf({ results: [healthy] }));
    expect(await readsOf(set)).toBe(1);
    expect(valuesOf(await set.read(), 'up')).toEqual({ '': 1 });
  });

  it('are of one moment in both formats', async () => {
    const { page } = setUp({ processMetrics: createProcessMetrics() });
    const [text, openmetrics] = await Promise.all(formats.map((format) => page.body(format, 'identity')));
    if (!text || !openmetrics) throw new Error('two formats expected');
    expect(parseStrictly(textOf(openmetrics), 'openmetrics')).toEqual(parseStrictly(textOf(text), 'text'));
  });

  it('fail the scrape if they cannot be read, and are read again later', async () => {
    let broken = true;
    const render: ProcessMetrics['render'] = async () => {
      if (broken) throw new Error('no /proc here');
      return () => '';
    };
    const { clock, page } = setUp({
      processMetrics: {
        reloaded: () => {},
        webConfigRead: () => {},
        leads: () => {},
        discovered: () => {},
        notDiscovered: () => {},
        render,
      },
    });
    await expect(page.body('text', 'identity')).rejects.toThrow('no /proc here');
    broken = false;
    clock.advance(5_000);
    await expect(page.body('text', 'identity')).resolves.toHaveLength(0);
  });
});
