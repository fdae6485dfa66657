import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../src/clock.ts';
import { createSharedTokens } from '../src/cluster/shared-tokens.ts';
import type { OAuth2Config } from '../src/config/config.ts';
import { createDebugReports } from '../src/debug-reports.ts';
import { Secret } from '../src/secret.ts';
import type { IdentityProviderOptions } from '../src/simulator/identity-provider.ts';
import { neverAborted } from './auth/asking.ts';
import { oauth2Config } from './auth/oauth2-config.ts';
import { client, provider, cluster as simulated } from './check/checking.ts';
import { manualClock } from './manual-clock.ts';
import { clusterConfig, failure } from './polls.ts';
import { withoutProxy } from './transport/without-proxy.ts';

beforeEach(withoutProxy);

interface Given {
  readonly clock?: Clock;
  readonly identity?: Partial<IdentityProviderOptions>;
  readonly pollTimeout?: number;
}

/** An identity provider, and clusters of an exporter that use it. */
async function setUp({ clock = systemClock, identity: options = {}, pollTimeout = 10_000 }: Given = {}) {
  const [identity, { address }] = [await provider(options), await simulated()];
  const sharedTokens = createSharedTokens(clock);
  const report = createDebugReports({ mayPoll: () => true, clock, stopping: neverAborted });
  const join = (more: Partial<OAuth2Config> = {}) => {
    const authentication = oauth2Config({
      clientAuthentication: { method: 'client_secret_post', secret: new Secret(client.clientSecret) },
      endpoint: { tokenUrl: new URL(identity.tokenUrl) },
      ...more,
    });
    const config = clusterConfig({ address, pollTimeout, authentication });
    const joined = sharedTokens.join({ oauth2: authentication, pollInterval: 15_000, pollTimeout });
    onTestFinished(joined.leave);
    let requestsApart: typeof joined.requestsApart | undefined = joined.requestsApart;
    return {
      tokens: joined.tokens,
      /** As the monitor of the cluster does when it is stopped. */
      leave: async () => {
        requestsApart = undefined;
        await joined.leave();
      },
      report: () => report({ cluster: config, requestsApart: () => requestsApart }),
    };
  };
  return { identity, join };
}

const wrongSecret = (secret = 'OPENSESAME') => ({
  clientAuthentication: { method: 'client_secret_post', secret: new Secret(secret) } as const,
});

describe('the token request of a debug report', () => {
  it('keeps the limit of the identity provider together with those of other reports and of polls', async () => {
    const identity: Partial<IdentityProviderOptions> = { flavour: 'saas', throttle: { interval: 40 } };
    const { join, identity: saas } = await setUp({ identity });
    const clusters = Array.from({ length: 5 }, () => join({ audience: client.audience, tokenRequestsPerSecond: 20 }));
    const [reports, polled] = await Promise.all([
      Promise.all(clusters.map(({ report }) => report())),
      clusters[0]?.tokens.acquire(neverAborted),
    ]);
    for (const text of reports) expect(text).toContain('✓ Token request');
    expect(polled?.failure).toBeUndefined();
    expect(saas.requests()).toMatchObject({ issued: 6, rate_limited: 0 });
  });

  it('is not sent if its turn does not come within the timeout', async () => {
    const { join, identity } = await setUp({ pollTimeout: 300 });
    const [one, other] = [join({ tokenRequestsPerSecond: 0.001 }), join()];
    expect(await one.report()).toContain('✓ Token request');
    expect(await other.report()).toContain('No token was requested within 0.3 s: the exporter limits the requests');
    expect(identity.requests()).toMatchObject({ issued: 1 });
  });

  it('is not sent while the polls pause: the report has the failure and the end of the pause', async () => {
    const clock = manualClock();
    const { join, identity } = await setUp({ clock });
    const { tokens, report } = join(wrongSecret());
    await tokens.acquire(neverAborted);
    const text = await report();
    expect(text).toContain('✗ Token request');
    expect(text).toMatch(/The identity provider rejected the client "exporter" with this secret\./);
    expect(text).toMatch(/The exporter found this before, and requests no token for another [3-6]\d s\./);
    expect(text).toContain('Check oauth2.client_id and oauth2.client_secret');
    expect(text).not.toContain('OPENSESAME');
    expect(identity.requests()).toMatchObject({ invalid_client: 1 });
    clock.advance(60_000);
    expect(await report()).not.toContain('found this before');
    expect(identity.requests()).toMatchObject({ invalid_client: 2 });
  });

  it('is also sent while the cluster refuses new tokens, as the claims of another one show why', async () => {
    const { join, identity } = await setUp({ clock: manualClock() });
    const { tokens, report } = join();
    tokens.refused(failure('token_rejected'));
    expect(await report()).toContain('✓ Token request');
    expect(identity.requests()).toMatchObject({ issued: 1 });
  });

  it('is not repeated soon after a refusal, for no cluster with the same credentials; polls go on', async () => {
    const clock = manualClock();
    const { join, identity } = await setUp({ clock });
    const [one, equal, other] = [join(wrongSecret()), join(wrongSecret()), join(wrongSecret('another'))];
    expect(await one.report()).not.toContain('found this before');
    clock.advance(5_000);
    expect(await one.report()).toContain('found this before');
    expect(await equal.report()).toContain('found this before');
    expect(identity.requests()).toMatchObject({ invalid_client: 1 });
    expect(await other.report()).not.toContain('found this before');
    await one.tokens.acquire(neverAborted);
    expect(identity.requests()).toMatchObject({ invalid_client: 3 });
  });

  it('leads to a token of its own, which polls do not use', async () => {
    const { join, identity } = await setUp();
    const { tokens, report } = join();
    await tokens.acquire(neverAborted);
    const times = tokens.times();
    expect(await report()).toContain('✓ Token request');
    expect(identity.requests()).toMatchObject({ issued: 2 });
    expect(tokens.times()).toBe(times);
  });

  it('is not sent for a cluster that has been replaced', async () => {
    const { join, identity } = await setUp();
    const { leave, report } = join();
    await leave();
    expect(await report()).toBeUndefined();
    expect(identity.requests()).toMatchObject({ issued: 0 });
  });
});
