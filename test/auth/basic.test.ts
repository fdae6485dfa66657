import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBasic } from '../../src/auth/basic.ts';
import { none } from '../../src/auth/none.ts';
import { Secret } from '../../src/config/secret.ts';
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
    expect(failure).toMatchObject({ reason: 'credentials_rejected', message: expect.stringContaining('"demo"') });
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
    expect(result).toEqual({ sent: refusedConnection, requested: true, tokenRequests: [] });
  });
});

describe('no authentication', () => {
  it('sends no credentials', async () => {
    const { send, sent } = sending(answered(200));
    await none.authenticate(send, neverAborted);
    expect(sent).toEqual([{}]);
  });

  it.each([
    [200, undefined],
    [401, 'authentication_required'],
    [403, 'forbidden'],
    [500, undefined],
  ])('finds with a %i: %s', async (status, reason) => {
    const { failure } = await none.authenticate(sending(answered(status)).send, neverAborted);
    expect(failure?.reason).toBe(reason);
  });
});
