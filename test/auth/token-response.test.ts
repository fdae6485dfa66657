import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkUrl, refusalOf } from './refusals.ts';

beforeAll(() => nock.disableNetConnect());
afterEach(() => nock.cleanAll());
afterAll(() => nock.restore());

describe('a successful answer without a token', () => {
  const asciiRemedy = 'let the identity provider issue tokens that a header can carry (RFC 6750, 2.1)';
  const bearerRemedy = 'let the identity provider issue bearer tokens to this client (RFC 6750)';
  const lengthRemedy =
    'let the identity provider put less into the token: fewer roles, groups or audiences of this client';

  it.each<[string, unknown, string, string]>([
    ['no JSON object', '[]', '', checkUrl],
    ['no access_token', { id_token: 'opaque' }, ': it has no access_token', checkUrl],
    ['a number', { access_token: 7 }, ': it has no access_token', checkUrl],
    [
      'a long one',
      { access_token: '%'.repeat(300_000) },
      ': its access_token has 300000 characters, expected at most 16384',
      lengthRemedy,
    ],
    [
      'one with a line break',
      { access_token: 'opaque-token\n0815' },
      ': its access_token has a character at position 13 of 17 that is not visible ASCII',
      asciiRemedy,
    ],
    [
      'one that begins with a blank',
      { access_token: ' opaque-token-0815' },
      ': its access_token has a character at position 1 of 18 that is not visible ASCII',
      asciiRemedy,
    ],
    [
      'one of another type',
      { access_token: 'opaque-token-0815', token_type: 'MAC' },
      ': its token_type is "MAC", expected Bearer',
      bearerRemedy,
    ],
    [
      'one of a type that could be the token',
      { access_token: 'opaque', token_type: `opaque-token-0815-${'x'.repeat(20)}` },
      ': its token_type is not a short text, expected Bearer',
      bearerRemedy,
    ],
    [
      'one of a type as long as a name may be',
      { access_token: 'opaque', token_type: 'x'.repeat(32) },
      `: its token_type is "${'x'.repeat(32)}", expected Bearer`,
      bearerRemedy,
    ],
    [
      'one of a type longer than that',
      { access_token: 'opaque', token_type: 'x'.repeat(33) },
      ': its token_type is not a short text, expected Bearer',
      bearerRemedy,
    ],
    [
      'one of a type that is no text',
      { access_token: 'opaque', token_type: ['Bearer'] },
      ': its token_type is not a short text, expected Bearer',
      bearerRemedy,
    ],
  ])('is told by what is wrong with it, and never quoted: %s', async (_, body, problem, remedy) => {
    const failure = await refusalOf({ body });
    expect(failure).toEqual({
      reason: 'token_response_invalid',
      message:
        'POST http://identity.test/token answered 200 with content type "application/json", ' +
        `but not with a bearer token${problem}`,
      remedy,
    });
    expect(JSON.stringify(failure)).not.toContain('0815');
  });

  it.each([
    ['invalid_client', 'invalid_client', 'oauth2.client_secret'],
    ['unauthorized_client', 'invalid_client', 'oauth2.client_secret'],
    ['invalid_scope', 'invalid_scope', 'oauth2.scopes'],
    ['access_denied', 'token_request_rejected', 'oauth2.client_secret'],
    ['bad_verification_code', 'token_request_rejected', 'oauth2.audience'],
  ])('but with the error %s is told as that error', async (error, reason, remedy) => {
    const failure = await refusalOf({ body: { error, error_description: 'what\r\ncame', access_token: null } });
    expect(failure).toMatchObject({ reason, remedy: expect.stringContaining(remedy) });
    expect(failure.message).toContain(`POST http://identity.test/token answered 200: ${error}: what came`);
  });
});
