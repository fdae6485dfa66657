import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { type Clusters, createClusters } from '../../src/cluster/clusters.ts';
import { createSharedTokens } from '../../src/cluster/shared-tokens.ts';
import { Secret } from '../../src/secret.ts';
import { manualClock } from '../manual-clock.ts';
import { memoryLog } from '../memory-log.ts';
import { clusterConfig } from '../polls.ts';
import { httpServer } from '../transport/loopback.ts';

interface SetUp {
  readonly mayPoll: () => boolean;
  readonly clock: Clock;
  /** Awaited by each publication of a cluster. */
  readonly published: (name: string) => Promise<void>;
}

/** `shown` returns the clusters that are arranged, in their order; each must have been published before. */
function setUp({
  mayPoll = () => true,
  clock = systemClock,
  published: untilPublished = async () => {},
}: Partial<SetUp> = {}) {
  const published = new Set<string>();
  let arranged: readonly string[] = [];
  const clusters = createClusters({
    createOutput: ({ name }) => {
      let isPublished = false;
      return {
        admit: () => ({ ok: true }),
        publish: async () => {
          await untilPublished(name);
          isPublished = true;
          published.add(name);
        },
        close: () => isPublished && published.delete(name),
      };
    },
    arrange: (names) => {
      arranged = names;
    },
    mayPoll,
    sharedTokens: createSharedTokens(clock),
    logger: memoryLog().logger,
    clock,
  });
  onTestFinished(() => clusters.stop());
  const shown = () => {
    expect(published).toEqual(new Set(arranged));
    return arranged;
  };
  return { clusters, shown };
}

const cluster = (name: string, key = 'k3y') => clusterConfig({ name, headers: { 'x-key': new Secret(key) } });

function names(clusters: Clusters): readonly string[] {
  return clusters.all().map((each) => each.cluster.name);
}

describe('a replacement of the monitored clusters', () => {
  it('keeps the monitors of unchanged clusters and creates those of the others', async () => {
    const { clusters, shown } = setUp();
    await clusters.replace([cluster('a'), cluster('b'), cluster('c')]);
    const [a, b] = clusters.all();
    const { unchanged, changed, added, removed } = await clusters.replace([
      cluster('d'),
      cluster('b', 'another'),
      cluster('a'),
    ]);
    expect({ unchanged, changed, added, removed }).toEqual({
      unchanged: ['a'],
      changed: ['b'],
      added: ['d'],
      removed: ['c'],
    });
    expect(clusters.named('a')).toBe(a);
    expect(clusters.named('b')).not.toBe(b);
    expect(clusters.named('c')).toBeUndefined();
    expect(names(clusters)).toEqual(['d', 'b', 'a']);
    expect(shown()).toEqual(['d', 'b', 'a']);
  });

  it('in which one monitor cannot be created changes nothing', async () => {
    const { clusters, shown } = setUp();
    await clusters.replace([cluster('a'), cluster('b')]);
    const before = clusters.all();
    const impossible = clusterConfig({
      name: 'c',
      transport: { tls: { insecureSkipVerify: false }, enableHttp2: false, proxyUrl: new Secret('no URL') },
    });
    await expect(clusters.replace([cluster('b', 'another'), cluster('d'), impossible])).rejects.toThrow();
    expect(clusters.all()).toEqual(before);
    for (const [index, each] of clusters.all().entries()) expect(each).toBe(before[index]);
    expect(shown()).toEqual(['a', 'b']);
  });

  it('with the same clusters in another order only changes the order', async () => {
    const { clusters, shown } = setUp();
    await clusters.replace([cluster('a'), cluster('b')]);
    const [a, b] = clusters.all();
    await clusters.replace([cluster('b'), cluster('a')]);
    expect(clusters.all()[0]).toBe(b);
    expect(clusters.all()[1]).toBe(a);
    expect(shown()).toEqual(['b', 'a']);
  });

  it('keeps the monitors of clusters with other labels or meta data, and counts them as changed', async () => {
    const { clusters } = setUp();
    await clusters.replace(['a', 'b', 'c'].map((name) => cluster(name)));
    const before = clusters.all();
    const labels = { team: 'payments' };
    const meta = { provider: 'saas', generation: '8.9' } as const;
    const { unchanged, changed } = await clusters.replace([
      { ...cluster('a'), labels },
      { ...cluster('b'), meta },
      cluster('c'),
    ]);
    expect({ unchanged, changed }).toEqual({ unchanged: ['c'], changed: ['a', 'b'] });
    for (const [index, each] of clusters.all().entries()) expect(each).toBe(before[index]);
    expect(clusters.named('a')?.cluster.labels).toEqual(labels);
    expect(clusters.named('b')?.cluster.meta).toEqual(meta);
  });

  it('shows a changed cluster to probes only after its new monitor has published', async () => {
    const waiting: (() => void)[] = [];
    let isSlow = false;
    const { clusters } = setUp({
      published: async () => {
        if (isSlow) await new Promise<void>((resolve) => waiting.push(resolve));
      },
    });
    await clusters.replace([cluster('a')]);
    const before = clusters.named('a');
    isSlow = true;
    const replaced = clusters.replace([cluster('a', 'another'), cluster('b')]);
    await vi.waitFor(() => expect(waiting).toHaveLength(2));
    expect(clusters.named('a')).toBe(before);
    expect(clusters.named('b')).toBeUndefined();
    expect(await before?.probe()).toBe(false);
    for (const publish of waiting) publish();
    await replaced;
    expect(clusters.named('a')).not.toBe(before);
    expect(clusters.named('b')).toBeDefined();
  });
});

describe('a replacement that ends when a new monitor cannot publish', () => {
  it('leaves the unchanged monitors, and the next one creates the others', async () => {
    let isBroken = false;
    const { clusters } = setUp({
      published: async () => {
        if (isBroken) throw new Error('broken');
      },
    });
    await clusters.replace([cluster('a'), cluster('b')]);
    const a = clusters.named('a');
    isBroken = true;
    await expect(clusters.replace([cluster('a'), cluster('b', 'another')])).rejects.toThrow('broken');
    isBroken = false;
    const { unchanged, added } = await clusters.replace([cluster('a'), cluster('b')]);
    expect({ unchanged, added }).toEqual({ unchanged: ['a'], added: ['b'] });
    expect(clusters.named('a')).toBe(a);
  });
});

describe('the polls of the monitored clusters', () => {
  it('are not sent while this exporter may not poll', async () => {
    let requests = 0;
    const address = new URL(
      await httpServer((_request, response) => {
        requests++;
        response.end();
      }),
    );
    let mayPoll = false;
    const { clusters } = setUp({ mayPoll: () => mayPoll });
    await clusters.replace([clusterConfig({ name: 'a', address })]);
    expect(await clusters.named('a')?.probe()).toBe(false);
    expect(requests).toBe(0);
    mayPoll = true;
    expect(await clusters.named('a')?.probe()).toBe(true);
    expect(requests).toBeGreaterThan(0);
  });
});

describe('the first polls of new clusters with a long interval', () => {
  /** Counts the polls that begin. The clock and the timers advance together. */
  function counting() {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const clock = manualClock();
    let begun = 0;
    const mayPoll = () => {
      begun++;
      return false;
    };
    const advance = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        clock.advance(1_000);
        await vi.advanceTimersByTimeAsync(1_000);
      }
    };
    return { ...setUp({ clock, mayPoll }), advance, begun: () => begun };
  }

  const aDay = 24 * 60 * 60 * 1_000;
  const daily = (...names: readonly string[]) => names.map((name) => clusterConfig({ name, pollInterval: aDay }));
  const neverPolled = (name: string) => clusterConfig({ name, pollInterval: 0 });

  it('begin at once and within 15 seconds', async () => {
    const { clusters, advance, begun } = counting();
    (await clusters.replace(daily('a', 'b', 'c'))).begin();
    await advance(1);
    expect(begun()).toBe(1);
    await advance(14);
    expect(begun()).toBe(3);
  });

  it('are not postponed by later changes of other clusters', async () => {
    const { clusters, advance, begun } = counting();
    const three = daily('a', 'b', 'c');
    (await clusters.replace(three)).begin();
    for (const name of ['d', 'e', 'f']) {
      await advance(4);
      (await clusters.replace([...three, neverPolled(name)])).begin();
    }
    await advance(3);
    expect(begun()).toBe(3);
  });

  it('are not postponed by later changes of their labels', async () => {
    const { clusters, advance, begun } = counting();
    const labelled = (team: string) => daily('a', 'b', 'c').map((each) => ({ ...each, labels: { team } }));
    for (const team of ['x', 'y', 'z']) {
      (await clusters.replace(labelled(team))).begin();
      await advance(5);
    }
    expect(begun()).toBe(3);
  });
});
