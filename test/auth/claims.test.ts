import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readClaims } from '../../src/auth/token.ts';
import { jwt } from './jwt.ts';

describe('what a JWT says of itself', () => {
  it('are its audiences and its times', () => {
    const claims = { aud: ['zeebe-api', 'account'], exp: 1_767_225_900, iat: 1_767_225_600 };
    expect(readClaims(jwt(claims))).toEqual({
      audiences: ['zeebe-api', 'account'],
      expiresAt: 1_767_225_900,
      issuedAt: 1_767_225_600,
    });
  });

  it.each([
    ['one audience', 'zeebe-api', ['zeebe-api']],
    ['none', undefined, []],
    ['null', null, []],
    ['a list with nonsense in it', ['zeebe-api', 7, null], ['zeebe-api']],
  ])('has the audiences of %s', (_, aud, audiences) => {
    expect(readClaims(jwt({ aud }))).toEqual({ audiences });
  });

  it.each([1, 99_999_999_999])('has the time %i', (time) => {
    expect(readClaims(jwt({ exp: time, iat: time }))).toEqual({ audiences: [], expiresAt: time, issuedAt: time });
  });

  it.each([0, -1, '1767225900', null, {}, 100_000_000_000, 1e300])('has no time where exp and iat are %j', (time) => {
    expect(readClaims(jwt({ exp: time, iat: time }))).toEqual({ audiences: [] });
  });

  it.each([
    'opaque-token-0815',
    'a.b.c',
    'e30.e30',
    '....',
    '',
    jwt({}).replace('.', '..'),
  ])('is nothing where the token is opaque: %j', (token) => {
    expect(readClaims(token)).toBeUndefined();
  });

  it('is read, or is nothing, for any token', () => {
    const parts = fc.array(
      fc.oneof(
        fc.string(),
        fc.json().map((json) => Buffer.from(json).toString('base64url')),
      ),
    );
    fc.assert(
      fc.property(parts, (each) => {
        expect(() => readClaims(each.join('.'))).not.toThrow();
      }),
    );
  });
});
