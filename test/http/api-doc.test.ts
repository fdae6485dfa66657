import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { nextHistory, noHistory } from '../../src/poll/events.ts';
import { initialState, nextState } from '../../src/poll/state.ts';
import { createStatusFeed } from '../../src/status/status-feed.ts';
import { version } from '../../src/version.ts';
import { manualClock } from '../manual-clock.ts';
import { clusterConfig, succeeded } from '../polls.ts';
import { broker, follower, leader, topology } from '../topologies.ts';

const document = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');

const rateLimited = {
  reason: 'token_rate_limited',
  problem: { kind: 'token_requests_limited', clientAuthentication: 'client_secret_post', scopes: [] },
  request: { to: 'token_endpoint', url: 'https://login.cloud.camunda.io/oauth/token' },
  status: 429,
} as const;

/** An example of nearly every field: one of two brokers goes missing, the other one leads, and a token cannot be renewed. */
async function example(clock: Clock & { readonly advance: (ms: number) => void }): Promise<unknown> {
  const template = 'https://grafana.example.com/d/zeebe-topology-cluster?var-zeebe_cluster={cluster}';
  const feed = createStatusFeed(clock, [{ name: 'Grafana', template }]);
  const both = [broker('0', follower(1)), broker('1', leader(1))];
  const facts = { clusterSize: 2, partitionsCount: 1, replicationFactor: 2 };
  const token = { obtainedAt: clock.now(), expiresAt: clock.now() + 300_000, lifetime: 300_000 };
  const first = initialState(clusterConfig());
  const before = nextState({ ...first, method: 'oauth2' }, succeeded(topology(both, facts), { endedAt: clock.now() }));
  clock.advance(15_000);
  const renewal = { up: true, failure: rateLimited, token, tokenRequests: [] };
  const now = succeeded(topology([broker('0', leader(1))], facts), { endedAt: clock.now(), authentication: renewal });
  const after = nextState(before, now);
  feed.update(after, nextHistory(nextHistory(noHistory, first, before), before, after));
  clock.advance(4_000);
  return JSON.parse(`${await feed.documentOf({ isSummary: false })?.json()}`);
}

it('the example in docs/api.md is the response of GET /api/v1/clusters', async () => {
  const [, block = ''] = /```json\n([\s\S]*?)```/.exec(document) ?? [];
  expect(JSON.parse(block.replace('"version": "0.1.0"', `"version": "${version}"`))).toEqual(
    await example(manualClock()),
  );
});
