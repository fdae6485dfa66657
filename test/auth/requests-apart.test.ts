import { describe, expect, it } from 'vitest';
import { createRequestsApart } from '../../src/auth/requests-apart.ts';
import { unlimited } from '../../src/auth/token-request-limiter.ts';
import { manualClock } from '../manual-clock.ts';
import { neverAborted } from './asking.ts';
import { denied, granted } from './scripted-endpoint.ts';

/** Requests apart from polls that obtain a token when `obtain` is called. */
function setUp() {
  const clock = manualClock();
  let obtainedAt = Number.NEGATIVE_INFINITY;
  const cache = { age: () => clock.monotonic() - obtainedAt };
  const requests = createRequestsApart({ cache, limiter: unlimited, clock });
  const obtain = () => {
    obtainedAt = clock.monotonic();
  };
  return { clock, obtain, ...requests };
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
});
