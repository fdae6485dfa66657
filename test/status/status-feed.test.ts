import { describe, expect, it } from 'vitest';
import { noHistory } from '../../src/poll/events.ts';
import type { ClusterSummary } from '../../src/status/cluster-summary.ts';
import { clusterStatus, type StatusDocument } from '../../src/status/status-document.ts';
import { createStatusFeed, type Selection, type StatusFeed } from '../../src/status/status-feed.ts';
import { manualClock } from '../manual-clock.ts';
import { endOfPoll, failed, stateAfter, succeeded } from '../polls.ts';
import { everyStepTakesLong } from '../slow-steps.ts';
import { onePartition, oneWithoutLeader, tenant, tenants, threeBrokers, topology } from '../topologies.ts';

const end = endOfPoll / 1000;
const well = stateAfter([succeeded(topology(threeBrokers))]);
const all: Selection = { isSummary: false };
const summaries: Selection = { isSummary: true };
const one = (cluster: string): Selection => ({ cluster, isSummary: false });

async function documentIn(feed: StatusFeed, selection = all): Promise<StatusDocument> {
  return JSON.parse(`${await feed.documentOf(selection)?.json()}`);
}

function etagOf(feed: StatusFeed, selection = all): string | undefined {
  return feed.documentOf(selection)?.etag;
}

function feedOf(...names: readonly string[]): StatusFeed {
  const feed = createStatusFeed(manualClock(endOfPoll));
  for (const name of names) feed.update({ ...well, name }, noHistory);
  return feed;
}

describe('the status feed', () => {
  it('makes a document of all clusters, in the order of their first update', async () => {
    const feed = feedOf('b', 'a', 'c');
    feed.update({ ...well, name: 'b', verdict: 'unknown' }, noHistory);
    const document = await documentIn(feed);
    expect(document).toMatchObject({ apiVersion: 1, now: end, exporter: { startedAt: end } });
    expect(document.clusters.map(({ name }) => name)).toEqual(['b', 'a', 'c']);
    expect(document.clusters[1]).toEqual(clusterStatus({ ...well, name: 'a' }, noHistory, []));
  });

  it('makes a valid document without clusters', async () => {
    expect(await documentIn(feedOf())).toMatchObject({ clusters: [], counts: { healthy: 0, pending: 0 } });
  });

  it('makes documents with the current time', async () => {
    const clock = manualClock(endOfPoll);
    const feed = createStatusFeed(clock);
    clock.advance(5_000);
    expect(await documentIn(feed)).toMatchObject({ now: end + 5, exporter: { startedAt: end } });
  });

  it('returns the same bytes for a second, compressed once', async () => {
    const clock = manualClock(endOfPoll);
    const feed = createStatusFeed(clock);
    feed.update(well, noHistory);
    const first = feed.documentOf(all);
    clock.advance(999);
    expect(await feed.documentOf(all)?.json()).toBe(await first?.json());
    expect(await feed.documentOf(all)?.gzip()).toBe(await first?.gzip());
    clock.advance(1);
    expect(await feed.documentOf(all)?.json()).not.toBe(await first?.json());
  });

  it('returns a new document immediately after an update', async () => {
    const feed = feedOf('production');
    await documentIn(feed);
    feed.update({ ...well, verdict: 'unknown' }, noHistory);
    expect((await documentIn(feed)).clusters[0]?.verdict).toBe('unknown');
  });

  it('has the role of the exporter once it is set, with another entity tag', async () => {
    const feed = feedOf('a');
    const before = [etagOf(feed), etagOf(feed, one('a'))];
    expect((await documentIn(feed)).exporter).not.toHaveProperty('role');
    feed.setRole('standby');
    expect([etagOf(feed), etagOf(feed, one('a'))].filter((etag) => before.includes(etag))).toEqual([]);
    expect((await documentIn(feed)).exporter).toMatchObject({ startedAt: end, role: 'standby' });
  });

  it('has another entity tag after every update, and the same one until then', () => {
    const feed = feedOf('a');
    const before = etagOf(feed);
    expect(etagOf(feed)).toBe(before);
    feed.update(well, noHistory);
    expect(etagOf(feed)).not.toBe(before);
    expect(etagOf(feed)).toMatch(/^W\/"[\w.-]+"$/);
  });

  it('after a new arrangement contains only its clusters, in its order, with another entity tag', async () => {
    const feed = feedOf('a', 'b', 'c', 'd');
    const before = etagOf(feed);
    feed.arrange(['d', 'a', 'unknown', 'b']);
    const { clusters, counts } = await documentIn(feed);
    expect(clusters.map(({ name }) => name)).toEqual(['d', 'a', 'b']);
    expect(counts.healthy).toBe(3);
    expect(etagOf(feed)).not.toBe(before);
  });

  it('has other entity tags than the exporter before a restart', () => {
    expect(etagOf(feedOf())).not.toBe(etagOf(feedOf()));
  });

  it('yields to the event loop between clusters while it makes a long document', async () => {
    const feed = feedOf('a', 'b');
    everyStepTakesLong();
    let hasTurned = false;
    setImmediate(() => {
      hasTurned = true;
    });
    await feed.documentOf(summaries)?.json();
    expect(hasTurned).toBe(true);
  });
});

describe('the document of one cluster', () => {
  it('contains it alone, and the counts of all', async () => {
    const feed = feedOf('a', 'b');
    feed.update(stateAfter([failed('dns')], { name: 'c' }), noHistory);
    feed.update(stateAfter([], { name: 'd' }), noHistory);
    const { clusters, counts } = await documentIn(feed, one('b'));
    expect(clusters).toEqual([(await documentIn(feed)).clusters[1]]);
    expect(counts).toEqual({ healthy: 2, degraded: 0, unhealthy: 0, unknown: 1, pending: 1 });
  });

  it('does not exist for an unknown name', () => {
    expect(feedOf('a').documentOf(one('b'))).toBeUndefined();
  });

  it('keeps its entity tag until the cluster or a count has changed', () => {
    const feed = feedOf('a', 'b');
    const before = etagOf(feed, one('a'));
    feed.update({ ...well, name: 'b' }, noHistory);
    expect(etagOf(feed, one('a'))).toBe(before);
    feed.update({ ...well, name: 'b', verdict: 'degraded' }, noHistory);
    const counted = etagOf(feed, one('a'));
    expect(counted).not.toBe(before);
    feed.update({ ...well, name: 'a' }, noHistory);
    expect(etagOf(feed, one('a'))).not.toBe(counted);
  });
});

describe('the summaries of clusters', () => {
  it('lack what is long', async () => {
    const feed = feedOf('a', 'b');
    const shortened = (await documentIn(feed)).clusters.map(
      ({ topology: _, events: __, leaderTimeline: ___, ...summary }): ClusterSummary => summary,
    );
    expect((await documentIn(feed, summaries)).clusters).toEqual(shortened);
  });

  it('count the brokers, and the partitions that have a leader and enough healthy replicas, of all physical tenants', async () => {
    const feed = feedOf('production');
    const twoTenants = tenants(tenant('default', onePartition), tenant('orders', oneWithoutLeader));
    feed.update(stateAfter([succeeded(twoTenants)], { name: 'shipping' }), noHistory);
    feed.update(stateAfter([failed('dns')], { name: 'unreachable' }), noHistory);
    const { clusters } = await documentIn(feed, summaries);
    expect(clusters.map(({ brokerCount, partitionCount }) => [brokerCount, partitionCount])).toEqual([
      [
        { listed: 3, expected: 3 },
        { total: 3, withoutProblem: 3 },
      ],
      [
        { listed: 3, expected: 3 },
        { total: 2, withoutProblem: 1 },
      ],
      [undefined, undefined],
    ]);
  });

  it('have the configured labels', async () => {
    const feed = feedOf('a');
    feed.update({ ...well, name: 'b', labels: { team: 'payments' } }, noHistory);
    const { clusters } = await documentIn(feed, summaries);
    expect(clusters.map(({ labels }) => labels)).toEqual([undefined, { team: 'payments' }]);
  });
});
