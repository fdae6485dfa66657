import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { duration, pollInterval, pollTimeout } from '../../src/config/formats.ts';

describe('a duration', { timeout: 60_000 }, () => {
  it.each([
    ['15s', 15_000],
    ['1m30s', 90_000],
    ['500ms', 500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['2w', 1_209_600_000],
    ['1y', 31_536_000_000],
    ['1y2w3d4h5m6s7ms', 31_536_000_000 + 1_209_600_000 + 259_200_000 + 14_400_000 + 300_000 + 6_007],
    ['0s', 0],
    ['0', 0],
    ['007s', 7_000],
  ])('%s is %i milliseconds', (raw, milliseconds) => {
    expect(duration(raw)).toBe(milliseconds);
  });

  it.each([
    '',
    '15',
    '1.5s',
    '-1s',
    '+1s',
    '1s1m',
    '1s1s',
    '1ms1s',
    '15 s',
    ' 15s',
    '15S',
    '1min',
    's',
    '00',
    '1s\n',
  ])('is not %j', (raw) => {
    expect(() => duration(raw)).toThrow('a duration such as 15s or 1m30s');
  });

  it('adds up whatever units are given, from the largest to the smallest', () => {
    const amount = fc.option(fc.nat(999), { nil: undefined });
    const units = { y: 31_536_000_000, w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
    const amounts = fc.record({ y: amount, w: amount, d: amount, h: amount, m: amount, s: amount, ms: amount });
    fc.assert(
      fc.property(amounts, (given) => {
        const parts = Object.entries(units).map(([unit, factor]) => {
          const count = given[unit as keyof typeof units];
          return count === undefined ? { text: '', value: 0 } : { text: `${count}${unit}`, value: count * factor };
        });
        const raw = parts.map(({ text }) => text).join('');
        fc.pre(raw !== '');
        expect(duration(raw)).toBe(parts.reduce((sum, { value }) => sum + value, 0));
      }),
    );
  });
});

describe('the poll interval', () => {
  it.each(['1s', '24h', '1d', '1000ms'])('may be %s', (raw) => {
    expect(pollInterval(raw)).toBeGreaterThan(0);
  });

  it.each(['0', '0s'])('may be %s, without polls', (raw) => {
    expect(pollInterval(raw)).toBe(0);
  });

  it.each(['1ms', '999ms', '24h1ms', '2d'])('is not %s', (raw) => {
    expect(() => pollInterval(raw)).toThrow('a duration from 1s to 24h, or 0');
  });
});

describe('the poll timeout', () => {
  it('may be shorter than a second, but not 0, and not longer than a day', () => {
    expect(pollTimeout('250ms')).toBe(250);
    expect(() => pollTimeout('24h1ms')).toThrow('a duration above 0, at most 24h');
    expect(() => pollTimeout('0')).toThrow('a duration above 0');
    expect(() => pollTimeout('0s')).toThrow('a duration above 0');
  });
});
