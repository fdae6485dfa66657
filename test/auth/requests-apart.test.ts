import { describe, expect, it } from 'vitest';
import { createRequestsApart } from '../../src/auth/requests-apart.ts';
import { createBackOff } from '../../src/auth/token-pauses.ts';
import { unlimited } from '../../src/auth/token-request-limiter.ts';
import { manualClock } from '../manual-clock.ts';
import { failure } from '../polls.ts';
import { neverAborted } from './asking.ts';
import { denied, granted } from './scripted-endpoint.ts';

/** Requests apart from polls that obtain a token when `obtain` is called. */
function setUp() {
  const clock = manualClock();
  let obtainedAt = Number.NEGATIVE_INFINITY;
  const backOff = createBackOff(clock, () => 1);
  const cache = { age: () => clock.monotonic() - obtainedAt, backOff };
  const requests = createRequestsApart({ cache, limiter: unlimited, clock });
  const obtain = () => {
    obtainedAt = clock.monotonic();
  };
  return { clock, obtain, pollFails: backOff.failed, ...requests };
}

describe('token requests apart from the polls', () => {
  it('pause after a refusal, for as long as the identity provider asks for', async () => {
    const { clock, pause, schedule } = setUp();
    expect(pause()).toBeUndefined();
    await schedule(async () => denied('token_rate_limited', 120_000), neverAborted);
    clock.advance(119_999);
    expect(pause()?.failure.reason).toBe('token_rate_limited');
    clock.advance(1);
    expect(pause()).toBeUndefined();
  });

  it('pause no longer once a poll or one of them has obtained a token', async () => {
    const { clock, obtain, pause, schedule } = setUp();
    await schedule(async () => denied('invalid_client', 60_000), neverAborted);
    clock.advance(1);
    obtain();
    expect(pause()).toBeUndefined();
    clock.advance(1);
    await schedule(async () => denied('invalid_client', 60_000), neverAborted);
    expect(pause()).toBeDefined();
    await schedule(async () => granted('token'), neverAborted);
    expect(pause()).toBeUndefined();
  });

  it('pause while the polls do', () => {
    const { pause, pollFails } = setUp();
    pollFails({ ok: false, failure: failure('invalid_client'), retryAfter: 60_000 });
    expect(pause()?.failure.reason).toBe('invalid_client');
  });

  it('pause as long as after a first refusal, if a poll has obtained a token since the last one', async () => {
    const { clock, obtain, pause, schedule } = setUp();
    const refuse = () => schedule(async () => denied('invalid_client'), neverAborted);
    await refuse();
    const first = pause()?.length;
    clock.advance(3_600_000);
    await refuse();
    expect(pause()?.length).toBe(2 * (first ?? 0));
    obtain();
    clock.advance(3_600_000);
    await refuse();
    expect(pause()?.length).toBe(first);
  });
});
