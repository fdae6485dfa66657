import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAfterOf } from '../../src/auth/token-response.ts';

const now = Date.UTC(2026, 0, 1, 12);
const hour = 60 * 60 * 1000;

describe('Retry-After (RFC 9110, 10.2.3)', () => {
  it.each([
    ['0', 0],
    ['7', 7_000],
    [' 30 ', 30_000],
    ['Thu, 01 Jan 2026 12:00:45 GMT', 45_000],
    ['Thursday, 01-Jan-26 12:00:45 GMT', 45_000],
    ['Thu Jan  1 12:00:45 2026 GMT', 45_000],
    ['Thu, 01 Jan 2026 11:59:00 GMT', 0],
  ])('reads %j', (header, delay) => {
    expect(retryAfterOf(header, now)).toBe(delay);
  });

  it.each([
    '31536000',
    'Fri, 01 Jan 2027 12:00:00 GMT',
    '9'.repeat(400),
  ])('holds no longer than an hour: %s', (header) => {
    expect(retryAfterOf(header, now)).toBe(hour);
  });

  it.each([
    '',
    'soon',
    '-5',
    '1.5',
    '12.5',
    '5 minutes',
    '1e3',
    '0x10',
    'Monday',
    'foo 5',
    '2099-01-01',
  ])('takes %j for nonsense', (header) => {
    expect(retryAfterOf(header, now)).toBeUndefined();
  });

  it('gives at most an hour, or nothing, for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
        ),
        (header) => {
          const delay = retryAfterOf(header, now);
          expect(delay === undefined || (delay >= 0 && delay <= hour)).toBe(true);
        },
      ),
    );
  });
});
