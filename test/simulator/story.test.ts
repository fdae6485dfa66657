import { afterEach, describe, expect, it } from 'vitest';
import { fastStory } from '../../src/simulator/fast-story.ts';
import { type RunningStory, startStory } from '../../src/simulator/story.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';

const started: RunningStory[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((story) => story.close()));
});

async function start(clock: ManualClock, seed = 1): Promise<RunningStory> {
  const story = await startStory({ story: fastStory, seed, clock });
  started.push(story);
  return story;
}

type StoryCluster = RunningStory['clusters'][number];

async function authorizationFor({ credentials }: StoryCluster): Promise<Record<string, string>> {
  switch (credentials.method) {
    case 'none':
      return {};
    case 'basic': {
      const { username, password } = credentials;
      return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
    }
    case 'oauth2': {
      const { tokenUrl, clientId, clientSecret } = credentials;
      const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
      const answer = await fetch(tokenUrl, { method: 'POST', body: new URLSearchParams(form) });
      if (!answer.ok) return {};
      const body: unknown = await answer.json();
      const token = Object.entries(body ?? {}).find(([key]) => key === 'access_token')?.[1];
      return { authorization: `Bearer ${token}` };
    }
  }
}

/** Polls a cluster once, as a client would. */
async function look(cluster: StoryCluster) {
  const headers = await authorizationFor(cluster);
  const response = await fetch(new URL(cluster.isWhole ? 'cluster/v2/topology' : 'v1/topology', cluster.address), {
    headers,
    redirect: 'manual',
  });
  const text = await response.text();
  return { status: response.status, text, leaders: text.split('"leader"').length - 1 };
}

describe('the story of the demo', () => {
  it('has a step every few seconds, in order, each with a sentence that names its cluster', () => {
    const times = fastStory.steps.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const pauses = times.map((at, i) => (times[i + 1] ?? fastStory.period) - at);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(15_000);
    for (const { sentence, actor } of fastStory.steps) {
      const name = actor === 'identity provider' ? 'identity provider|inventory' : actor;
      expect(sentence).toMatch(new RegExp(name, 'i'));
    }
  });

  it('has three clusters, with three ways to authenticate, healthy at the start and end of every round', async () => {
    const clock = manualClock();
    const story = await start(clock);
    expect(story.clusters.map(({ credentials }) => credentials.method)).toEqual(['none', 'basic', 'oauth2']);
    for (let round = 0; round < 3; round++) {
      const seen = await Promise.all(story.clusters.map(look));
      expect(seen.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(seen.map(({ leaders }) => leaders)).toEqual([6, 10, 6]);
      const replicas = seen.map(({ text }) => text.split('"partitionId"').length - 1);
      expect(replicas).toEqual([18, 30, 18]);
      for (const { text } of seen) expect(text).not.toMatch(/"(unhealthy|dead|joining|leaving|inactive)"/);
      clock.advance(fastStory.period);
    }
  });

  it('does what its sentences say', async () => {
    const clock = manualClock();
    const { clusters } = await start(clock);
    const [payments, orders, inventory] = clusters;
    if (!payments || !orders || !inventory) throw new Error('a cluster is missing');
    const seenAt: Record<number, unknown> = {};
    let elapsed = 0;
    const at = async (moment: number, cluster: StoryCluster) => {
      clock.advance(moment - elapsed);
      elapsed = moment;
      const seen = await look(cluster);
      seenAt[moment] = seen.status;
      return seen;
    };
    expect((await at(25_000, payments)).text).not.toContain('"nodeId":1');
    expect((await at(26_000, orders)).text).toContain('"unhealthy"');
    expect((await at(60_000, payments)).text).toContain('"nodeId":1');
    expect((await at(66_600, orders)).leaders).toBe(6);
    expect((await at(77_000, inventory)).text).toContain('"joining"');
    await at(99_000, inventory);
    expect((await at(108_000, orders)).leaders).toBe(10);
    await at(110_000, payments);
    expect((await at(140_000, orders)).text).toContain('"clusterSize":-1');
    expect((await at(161_000, payments)).text).toContain('"dead"');
    await at(169_000, orders);
    await at(181_000, inventory);
    expect(seenAt).toMatchObject({ 99000: 401, 110000: 503, 169000: 302, 181000: 401 });
  });

  it('is the same for the same seed', async () => {
    const told = async (seed: number) => {
      const clock = manualClock();
      const { clusters } = await start(clock, seed);
      const texts: string[] = [];
      for (let i = 0; i < 10; i++) {
        clock.advance(17_000);
        for (const cluster of clusters.slice(0, 2)) texts.push((await look(cluster)).text);
      }
      return texts;
    };
    const first = await told(5);
    expect(await told(5)).toEqual(first);
    expect(await told(6)).not.toEqual(first);
  });
});
