import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAlive, isDue, timesOf, tokenOf } from '../../src/auth/token.ts';
import { jwt } from './jwt.ts';

const now = Date.UTC(2026, 0, 1);
const seconds = now / 1000;
const minute = 60_000;

describe('the times of a token', () => {
  const times = (accessToken: string, expiresIn?: number) => timesOf(tokenOf(accessToken, expiresIn, now));

  it('are those of expires_in, whatever the token says', () => {
    const expected = { obtainedAt: now, expiresAt: now + 300_000, lifetime: 300_000 };
    expect(times('opaque', 300)).toEqual(expected);
    expect(times(jwt({ exp: seconds + 3600, iat: seconds }), 300)).toEqual(expected);
  });

  it('are those of exp and iat where expires_in is missing', () => {
    expect(times(jwt({ exp: seconds + 290, iat: seconds - 10 }))).toEqual({
      obtainedAt: now,
      expiresAt: now + 290_000,
      lifetime: 300_000,
    });
  });

  it.each([
    ['is missing', undefined],
    ['is later than exp', seconds + 1000],
    ['is exp', seconds + 290],
  ])('run from now where iat %s', (_, iat) => {
    expect(times(jwt({ exp: seconds + 290, iat }))).toEqual({
      obtainedAt: now,
      expiresAt: now + 290_000,
      lifetime: 290_000,
    });
  });

  it('are unknown for an opaque token without expires_in', () => {
    expect(times('opaque')).toEqual({ obtainedAt: now });
  });

  it('keep the length of its life where the clocks are so far apart that it came expired', () => {
    expect(times(jwt({ exp: seconds - 3600, iat: seconds - 3900 }))).toEqual({
      obtainedAt: now,
      expiresAt: now + 300_000,
      lifetime: 300_000,
    });
    expect(times(jwt({ exp: seconds, iat: seconds - 300 }))).toMatchObject({ expiresAt: now + 300_000 });
    expect(times(jwt({ exp: seconds }))).toEqual({ obtainedAt: now });
    expect(times(jwt({ exp: seconds - 3600 }))).toEqual({ obtainedAt: now });
  });

  it('hold together, whatever exp and iat are', () => {
    const time = fc.oneof(fc.integer({ min: seconds - 10_000, max: seconds + 10_000 }), fc.integer());
    fc.assert(
      fc.property(time, time, (exp, iat) => {
        const { expiresAt, lifetime } = times(jwt({ exp, iat }));
        expect(expiresAt === undefined).toBe(lifetime === undefined);
        expect(expiresAt ?? Number.POSITIVE_INFINITY).toBeGreaterThan(now);
        expect(lifetime ?? 1).toBeGreaterThan(0);
      }),
    );
  });
});

it('keeps the token itself out of sight', () => {
  expect(JSON.stringify(tokenOf('opaque-token-0815', 300, now))).not.toContain('0815');
});

it('is alive until it expires, or for good where nothing tells when', () => {
  const times = { obtainedAt: now, expiresAt: now + 1000, lifetime: 1000 };
  expect(isAlive(times, now + 999)).toBe(true);
  expect(isAlive(times, now + 1000)).toBe(false);
  expect(isAlive({ obtainedAt: now }, now + 1e12)).toBe(true);
});

describe('a token is due for renewal', () => {
  /** The milliseconds left from which on a poll renews. */
  const dueAt = (lifetime: number, interval: number, timeout: number) => {
    const times = { obtainedAt: now, expiresAt: now + lifetime, lifetime };
    const due = (left: number) => isDue(times, now + lifetime - left, interval, timeout);
    return (left: number) => ({ before: due(left), at: due(left - 1) });
  };

  it.each([
    ['5 % of a day', 24 * 60 * minute, 15_000, 10_000, 72 * minute],
    ['30 s of five minutes', 5 * minute, 15_000, 10_000, 30_000],
    ['half of 40 s', 40_000, 5_000, 5_000, 20_000],
    ['interval and timeout where they are longer', 60 * minute, 5 * minute, 10_000, 5 * minute + 10_000],
    ['interval and timeout for 60 s too', minute, 25_000, 10_000, 35_000],
  ])('with less left than %s', (_, lifetime, interval, timeout, left) => {
    expect(dueAt(lifetime, interval, timeout)(left)).toEqual({ before: false, at: true });
  });

  it('by every poll where it cannot last until the next one has ended', () => {
    const times = { obtainedAt: now, expiresAt: now + minute, lifetime: minute };
    expect(isDue(times, now + 15_000, 5 * minute, 10_000)).toBe(true);
  });

  it('by no poll within a timeout after it was obtained, if it outlives the poll', () => {
    const lasting = (lifetime: number) => ({ obtainedAt: now, expiresAt: now + lifetime, lifetime });
    expect(isDue(lasting(minute), now + 9_999, 5 * minute, 10_000)).toBe(false);
    expect(isDue(lasting(minute), now + 10_000, 5 * minute, 10_000)).toBe(true);
    expect(isDue(lasting(15_000), now + 4_999, 5 * minute, 10_000)).toBe(false);
    expect(isDue(lasting(15_000), now + 5_000, 5 * minute, 10_000)).toBe(true);
  });

  it('never where nothing tells when it expires', () => {
    expect(isDue({ obtainedAt: now }, now + 1e12, 15_000, 10_000)).toBe(false);
  });
});
