import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBasic, none } from '../../src/auth/authenticator.ts';
import { Secret } from '../../src/secret.ts';
import { told } from '../failure-texts.ts';
import { neverAborted } from './asking.ts';
import { answered, refusedConnection, sending } from './sending.ts';

function basic(username = 'demo', password = 'demo') {
  return createBasic({ method: 'basic', username, password: new Secret(password) });
}

describe('Basic (RFC 7617)', () => {
  it('sends user name and password in UTF-8', async () => {
    const { send, sent } = sending(answered(200));
    await basic('test', '123£').authenticate(send, neverAborted);
    // The example of RFC 7617, 2.1.
    expect(sent).toEqual([{ authorization: 'Basic dGVzdDoxMjPCow==' }]);
  });

  it('can be read back by the cluster, whatever they are', async () => {
    const text = fc.string({ unit: 'grapheme' }).filter((each) => each.isWellFormed());
    const name = text.filter((each) => !each.includes(':'));
    await fc.assert(
      fc.asyncProperty(name, text, async (username, password) => {
        const { send, sent } = sending(answered(200));
        await basic(username, password).authenticate(send, neverAborted);
        const [, credentials = ''] = sent[0]?.authorization?.split(' ') ?? [];
        expect(Buffer.from(credentials, 'base64').toString()).toBe(`${username}:${password}`);
      }),
    );
  });

  it('is rejected with a 401, and is not tried again with the same password', async () => {
    const { send, sent } = sending(answered(401));
    const { failure } = await basic('demo', 'hunter2').authenticate(send, neverAborted);
    expect(failure && told(failure)).toEqual({
      reason: 'credentials_rejected',
      message: 'the cluster answered 401 to the user name "demo" and its password',
      remedy:
        'check basic_auth.username and basic_auth.password; a cluster that asks for OIDC refuses every password: ' +
        'set oauth2.client_id and oauth2.client_secret instead',
    });
    expect(JSON.stringify(failure)).not.toContain('hunter2');
    expect(sent).toHaveLength(1);
  });

  it.each([
    [200, undefined],
    [403, 'forbidden'],
    [404, undefined],
    [503, undefined],
  ])('finds with a %i: %s', async (status, reason) => {
    const { failure } = await basic().authenticate(sending(answered(status)).send, neverAborted);
    expect(failure?.reason).toBe(reason);
  });

  it('has nothing to say where the cluster could not be reached', async () => {
    const result = await basic().authenticate(sending(refusedConnection).send, neverAborted);
    expect(result).toEqual({ reply: refusedConnection, requested: true, tokenRequests: [] });
  });
});

describe('no authentication', () => {
  it('sends no credentials', async () => {
    const taken = answered(200);
    const { send, sent } = sending(taken);
    expect(await none.authenticate(send, neverAborted)).toEqual({ reply: taken, requested: true, tokenRequests: [] });
    expect(sent).toEqual([{}]);
  });

  it('is not enough for a 401: the cluster asks for credentials', async () => {
    const { failure } = await none.authenticate(sending(answered(401)).send, neverAborted);
    expect(failure && told(failure)).toEqual({
      reason: 'authentication_required',
      message: 'the cluster answered 401 and no credentials are set',
      remedy:
        'set basic_auth.username and basic_auth.password, or oauth2.client_id and oauth2.client_secret, ' +
        'depending on what the cluster asks for',
    });
  });

  it('has nothing to say of a 500', async () => {
    const { failure } = await none.authenticate(sending(answered(500)).send, neverAborted);
    expect(failure).toBeUndefined();
  });
});

it.each([
  ['none', none],
  ['basic', basic()],
])('a 403 is told with the address that was asked, and what to check: %s', async (_, authenticator) => {
  const { failure } = await authenticator.authenticate(sending(answered(403)).send, neverAborted);
  expect(failure && told(failure)).toEqual({
    reason: 'forbidden',
    message: 'GET http://cluster.test/v1/topology answered 403',
    remedy:
      'the cluster does not allow this client to read the topology: grant it access, or check the ingress or ' +
      'firewall in front of the cluster',
  });
});
