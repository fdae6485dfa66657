import { describe, expect, it } from 'vitest';
import { createThrottle } from '../../src/simulator/saas-throttle.ts';

const throttle = () => createThrottle({ interval: 1_000, blockFor: 30_000, tarPit: 30_000 });

describe('the rate limit of simulated SaaS', () => {
  it('admits one request per second', () => {
    const { admits } = throttle();
    expect([0, 1_000, 2_000].map((now) => admits('10.0.0.1', now))).toEqual([true, true, true]);
  });

  it('blocks an address for half a minute after a request that came too soon', () => {
    const { admits } = throttle();
    expect([0, 999, 5_000, 30_998, 30_999].map((now) => admits('10.0.0.1', now))).toEqual([
      true,
      false,
      false,
      false,
      true,
    ]);
  });

  it('does not affect other addresses', () => {
    const { admits } = throttle();
    admits('10.0.0.1', 0);
    admits('10.0.0.1', 1);
    expect(admits('10.0.0.2', 2)).toBe(true);
  });
});

it('delays the second 401 for the same credentials, but not the first, nor that of another client', () => {
  const { delayOfRefusal } = throttle();
  expect([delayOfRefusal('a'), delayOfRefusal('a'), delayOfRefusal('b')]).toEqual([0, 30_000, 0]);
});
