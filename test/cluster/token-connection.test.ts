import { once } from 'node:events';
import { createServer } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { connectToIdentityProvider } from '../../src/cluster/token-connection.ts';
import type { OAuth2Config } from '../../src/config/config.ts';
import { Secret } from '../../src/secret.ts';
import { oauth2Config } from '../auth/oauth2-config.ts';
import { listen } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';

beforeEach(withoutProxy);

const direct: OAuth2Config['transport'] = { tls: { insecureSkipVerify: false }, enableHttp2: false };

/** Requests a token from a server that accepts a connection and stays silent, and aborts with the given reason then. */
async function abortWhileConnecting(reason: unknown, configFor: (address: string) => Partial<OAuth2Config>) {
  const silent = createServer();
  const address = `127.0.0.1:${await listen(silent)}`;
  const { endpoint } = connectToIdentityProvider(oauth2Config(configFor(address)), systemClock);
  const ending = new AbortController();
  const answer = endpoint(ending.signal, 60_000);
  await once(silent, 'connection');
  ending.abort(reason);
  return { answer: await answer, address };
}

describe('a token request whose signal aborts while its connection is being opened', () => {
  const tooLate = new DOMException('no whole answer within 2 s', 'TimeoutError');
  const toServer = (address: string) => ({ endpoint: { tokenUrl: new URL(`https://${address}/token`) } });
  const throughProxy = (address: string) => ({
    endpoint: { tokenUrl: new URL('https://identity.test/token') },
    transport: { ...direct, proxyUrl: new Secret(`http://${address}`) },
  });

  it('ends at once, because of the deadline', async () => {
    const { answer } = await abortWhileConnecting(tooLate, toServer);
    expect(answer).toMatchObject({
      failure: {
        reason: 'token_endpoint_unreachable',
        problem: { reason: 'timeout', cause: 'no whole answer within 2 s', isPastDeadline: true },
      },
    });
  });

  it('ends at once at a proxy, too, which the failure names', async () => {
    const { answer, address } = await abortWhileConnecting(tooLate, throughProxy);
    expect(answer).toMatchObject({ failure: { problem: { isPastDeadline: true, proxy: { address } } } });
  });
});
