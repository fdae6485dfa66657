import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTokenRequest } from '../../src/simulator/received-token-request.ts';

const formEncoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);

describe('client credentials of a token request', () => {
  it('are decoded from the Authorization header as RFC 6749, section 2.3.1, encodes them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (clientId, clientSecret) => {
        const encoded = Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64');
        const request = readTokenRequest({ authorization: `Basic ${encoded}` }, '');
        expect(request).toMatchObject({ clientId, clientSecret });
      }),
    );
  });

  it('are read from a form and from JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (secret) => {
        const form = new URLSearchParams({ client_id: 'a', client_secret: secret }).toString();
        const type = 'application/x-www-form-urlencoded; charset=UTF-8';
        expect(readTokenRequest({ 'content-type': type }, form).clientSecret).toBe(secret);
        const json = JSON.stringify({ client_id: 'a', client_secret: secret });
        expect(readTokenRequest({ 'content-type': 'application/json' }, json).clientSecret).toBe(secret);
      }),
    );
  });
});

it.each([
  '',
  'null',
  '[',
  '{"client_id": 5}',
])('reads no credentials of a token request from the JSON body %j', (body) => {
  expect(readTokenRequest({ 'content-type': 'application/json' }, body)).toEqual({
    contentType: 'application/json',
    grantType: undefined,
    clientId: undefined,
    clientSecret: undefined,
    audience: undefined,
    scope: undefined,
  });
});
