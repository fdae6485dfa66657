import { request } from 'undici';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createCertificateTrackingAgent } from '../../src/transport/server-certificates.ts';
import { transportFailureOf } from '../../src/transport/transport-failure.ts';
import { expiredIssuer, faultyAuthority, faultyExpiry, faultyServers, withoutEnd } from './faulty-certificates.ts';
import { httpsServer } from './loopback.ts';
import { withoutProxy } from './without-proxy.ts';

beforeEach(withoutProxy);

const never = new AbortController().signal;

/** Returns the reason of the failed request, and the expiry that is known of the server's certificate. */
async function ask(server: { readonly cert: string; readonly key: string; readonly ciphers: string }) {
  const url = await httpsServer(server, (_, response) => response.end());
  const tls = { ca: faultyAuthority, insecureSkipVerify: false };
  const { dispatcher, expiry } = createCertificateTrackingAgent({ tls, enableHttp2: false }, 60_000);
  onTestFinished(() => dispatcher.destroy());
  const reason = await request(url, { dispatcher }).then(
    () => undefined,
    (error) => transportFailureOf(error).reason,
  );
  return { reason, expiry: await expiry(10_000, never) };
}

describe('a rejected certificate fails with the reason tls and a known expiry', () => {
  it.each(Object.entries(faultyServers))('with %s', async (_, server) => {
    expect(await ask(server)).toEqual({ reason: 'tls', expiry: faultyExpiry });
  });

  it('with an expired issuer, whose expiry is the earliest', async () => {
    expect(await ask(expiredIssuer)).toEqual({ reason: 'tls', expiry: Date.UTC(2021, 1, 3) });
  });

  it('unless its expiry is not a date', async () => {
    expect(await ask(withoutEnd)).toEqual({ reason: 'tls', expiry: undefined });
  });
});
