import { describe, expect, it } from 'vitest';
import { createThrottle } from '../../src/simulator/saas-throttle.ts';

const throttle = () => createThrottle({ interval: 1_000, blockFor: 30_000, tarPit: 30_000 });

describe('the rate limit', () => {
  it('lets one request a second through', () => {
    const { admits } = throttle();
    expect([0, 1_000, 2_000].map((now) => admits('10.0.0.1', now))).toEqual([true, true, true]);
  });

  it('blocks an address that came too soon for half a minute, whatever it asks', () => {
    const { admits } = throttle();
    expect([0, 999, 5_000, 30_998, 30_999].map((now) => admits('10.0.0.1', now))).toEqual([
      true,
      false,
      false,
      false,
      true,
    ]);
  });

  it('leaves other addresses alone', () => {
    const { admits } = throttle();
    admits('10.0.0.1', 0);
    admits('10.0.0.1', 1);
    expect(admits('10.0.0.2', 2)).toBe(true);
  });
});

it('holds back the second refusal of the same credentials, not the first, not another client', () => {
  const { delayOfRefusal } = throttle();
  expect([delayOfRefusal('a'), delayOfRefusal('a'), delayOfRefusal('b')]).toEqual([0, 30_000, 0]);
});
