import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tokenOf } from '../../src/auth/token.ts';
import type { KeptToken } from '../../src/auth/token-cache.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { createSharedTokens, haveEqualTokenRequests, type JoinedTokens } from '../../src/cluster/shared-tokens.ts';
import type { OAuth2Config } from '../../src/config/config.ts';
import { Secret } from '../../src/secret.ts';
import { neverAborted } from '../auth/asking.ts';
import { oauth2Config } from '../auth/oauth2-config.ts';
import { manualClock } from '../manual-clock.ts';
import { authority, client, intermediate, nextClient, renewed, server } from '../transport/issued-certificates.ts';
import { httpServer, listen } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';

withoutProxy();

/** Configurations in which each setting is set at least once. New objects at each call. */
const complete: readonly (() => OAuth2Config)[] = [
  () =>
    oauth2Config({
      audience: 'zeebe-api',
      scopes: ['zeebe', 'more'],
      resource: 'urn:zeebe',
      endpointParams: { tenant: new Secret('blue'), empty: new Secret('') },
      transport: {
        tls: {
          insecureSkipVerify: false,
          ca: client.cert,
          cert: client.cert,
          key: new Secret(client.key),
          serverName: 'identity.test',
          minVersion: 'TLSv1.3',
        },
        enableHttp2: false,
        proxyUrl: new Secret('http://user:password@proxy.test'),
      },
    }),
  () =>
    oauth2Config({
      clientAuthentication: {
        method: 'private_key_jwt',
        key: new Secret(client.key),
        algorithm: 'ES256',
        keyId: 'key-1',
        certificate: client.cert,
      },
      endpoint: { issuerUrl: new URL('https://identity.test/realms/camunda?key=1') },
    }),
  () => oauth2Config({ clientAuthentication: { method: 'tls_client_auth' } }),
];

type Path = readonly string[];

/** The paths of all values in a configuration that are no groups of others. */
function leaves(value: unknown, path: Path = []): readonly Path[] {
  const isGroup = typeof value === 'object' && value !== null && !(value instanceof Secret || value instanceof URL);
  return isGroup ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key])) : [path];
}

function otherThan(value: unknown): unknown {
  if (value instanceof Secret) return new Secret(`${value.open()}.`);
  if (value instanceof URL) return new URL(`${value.href}/other`);
  return typeof value === 'boolean' ? !value : `${value}.`;
}

/** Returns a copy in which one value is changed. */
function changedAt<T>(value: T, [key, ...inner]: Path, change: (leaf: unknown) => unknown): T {
  if (key === undefined) return change(value) as T;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  const next = changedAt(copy[key], inner, change);
  if (next === undefined) delete copy[key];
  else copy[key] = next;
  return copy as T;
}

describe('two clusters', () => {
  const oneOfThem = fc.constantFrom(...complete);

  it('share a token if all settings of their token requests have equal values', () => {
    fc.assert(
      fc.property(oneOfThem, (config) => {
        expect(haveEqualTokenRequests(config(), config())).toBe(true);
      }),
    );
  });

  it('share no token if any value differs or is missing', () => {
    fc.assert(
      fc.property(oneOfThem, fc.nat(), fc.boolean(), (config, at, isMissing) => {
        const paths = leaves(config());
        const path = paths[at % paths.length] ?? [];
        const other = changedAt(config(), path, isMissing ? () => undefined : otherThan);
        expect(haveEqualTokenRequests(config(), other), path.join('.')).toBe(false);
        expect(haveEqualTokenRequests(other, config()), path.join('.')).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('share a token whatever limit they ask for', () => {
    const [config = oauth2Config] = complete;
    expect(haveEqualTokenRequests(config(), { ...config(), tokenRequestsPerSecond: 2 })).toBe(true);
  });
});

const times = { pollInterval: 15_000, pollTimeout: 10_000 };

/** Joins clusters, which leave at the end of the test at the latest. */
function setUp(clock: Clock = systemClock) {
  const shared = createSharedTokens(clock);
  const joined = new Set<JoinedTokens>();
  onTestFinished(async () => {
    await Promise.all([...joined].map(({ leave }) => leave()));
  });
  const join = (oauth2: OAuth2Config, kept?: KeptToken, more: Partial<typeof times> = {}) => {
    const tokens = shared.join({ oauth2, ...times, ...more, kept });
    joined.add(tokens);
    return {
      ...tokens,
      leave: async () => {
        joined.delete(tokens);
        await tokens.leave();
      },
    };
  };
  return { join };
}

const kept: KeptToken = { token: tokenOf('kept', 3_600, systemClock.now()), lastRequestAt: Number.NEGATIVE_INFINITY };
const tokenIn = async ({ tokens }: JoinedTokens) => (await tokens.acquire(neverAborted)).token?.accessToken.open();

/** An identity provider that issues tokens named by their number, and the bodies of the requests to it. */
async function provider() {
  const bodies: string[] = [];
  const url = await httpServer(async (request, response) => {
    bodies.push(Buffer.concat(await request.toArray()).toString());
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: `token-${bodies.length}`, token_type: 'Bearer', expires_in: 3_600 }));
  });
  const config = (secret = 'first', more: Partial<OAuth2Config> = {}) =>
    oauth2Config({
      endpoint: { tokenUrl: new URL(url) },
      clientAuthentication: { method: 'client_secret_post', secret: new Secret(secret) },
      ...more,
    });
  return { bodies, config };
}

describe('a token cache', () => {
  it('is used by all clusters with equal token requests, whatever their intervals and timeouts are', async () => {
    const { bodies, config } = await provider();
    const { join } = setUp();
    const clusters = [join(config()), join(config(), undefined, { pollTimeout: 1_000 }), join(config())];
    expect(await Promise.all(clusters.map(tokenIn))).toEqual(['token-1', 'token-1', 'token-1']);
    expect(bodies).toHaveLength(1);
    expect(await tokenIn(join(config('other')))).toBe('token-2');
  });

  it('lasts as long as one cluster uses it', async () => {
    const { join } = setUp();
    const [one, other] = [join(oauth2Config(), kept), join(oauth2Config())];
    await one.leave();
    expect(await tokenIn(other)).toBe('kept');
    const third = join(oauth2Config());
    await other.leave();
    expect(await tokenIn(third)).toBe('kept');
    await third.leave();
    expect(join(oauth2Config()).tokens.times()).toBeUndefined();
  });

  it('takes over the token of a cluster whose secret was replaced, and other clusters keep theirs', async () => {
    const { bodies, config } = await provider();
    const { join } = setUp();
    const [moving, staying] = [join(config()), join(config())];
    await tokenIn(moving);
    const moved = join(config('second'), moving.tokens.kept());
    await moving.leave();
    expect([await tokenIn(moved), await tokenIn(staying)]).toEqual(['token-1', 'token-1']);
    const replaceIn = async ({ tokens }: JoinedTokens) => {
      const { token } = await tokens.acquire(neverAborted);
      return token && (await tokens.replace(token, neverAborted)).token?.accessToken.open();
    };
    expect(await replaceIn(moved)).toBe('token-2');
    expect(await tokenIn(staying)).toBe('token-1');
    expect(bodies.map((body) => new URLSearchParams(body).get('client_secret'))).toEqual(['first', 'second']);
  });

  it('keeps its own token where a cluster that joins has another one', async () => {
    const { join } = setUp();
    const one = join(oauth2Config(), kept);
    const other = join(oauth2Config(), { ...kept, token: tokenOf('other', 3_600, systemClock.now()) });
    expect([await tokenIn(one), await tokenIn(other)]).toEqual(['kept', 'kept']);
  });

  it('takes over no token that the cluster has refused', async () => {
    const { config } = await provider();
    const { join } = setUp();
    const moving = join(config());
    const { token } = await moving.tokens.acquire(neverAborted);
    if (!token) throw new Error('expected a token');
    await moving.tokens.replace(token, AbortSignal.abort());
    expect(moving.tokens.kept().token).toBeUndefined();
  });
});

const shortLived = { access_token: 'token', token_type: 'Bearer', expires_in: 60 };
const trusting = { tls: { ca: authority.cert, insecureSkipVerify: false }, enableHttp2: false };

/** A server that answers with JSON, and whose certificate can be renewed. */
async function tlsServer(answer: (request: IncomingMessage) => unknown) {
  const https = createServer({ key: server.key, cert: server.cert + intermediate.cert }, (request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer(request)));
  });
  return { origin: `https://127.0.0.1:${await listen(https)}`, renew: () => https.setSecureContext(renewed) };
}

/** A cluster that discovers its token endpoint, and the expiry of the certificates that it has seen. */
function discovering(issuer: string) {
  const clock = manualClock();
  const endpoint = { issuerUrl: new URL(issuer) };
  const cluster = setUp(clock).join(oauth2Config({ endpoint, transport: trusting }));
  return { clock, cluster, expiry: async () => (await cluster.certificates(1_000, neverAborted)).tokenServer };
}

describe('the certificates of an identity provider', () => {
  it('are those of the client, for every cluster that shares the token', async () => {
    const { join } = setUp();
    const withCertificate = ({ cert, key }: { readonly cert: string; readonly key: string }) =>
      oauth2Config({
        endpoint: { tokenUrl: new URL('https://identity.test/token') },
        transport: { tls: { insecureSkipVerify: false, cert, key: new Secret(key) }, enableHttp2: false },
      });
    const expiries = await Promise.all(
      [client, client, nextClient].map((pair) => join(withCertificate(pair)).certificates(1_000, neverAborted)),
    );
    expect(expiries.map(({ tokenClient }) => tokenClient)).toEqual([client.expiry, client.expiry, nextClient.expiry]);
  });

  it('are those of the last request of any cluster, whatever their timeouts are', async () => {
    const provider = await tlsServer(() => shortLived);
    const clock = manualClock();
    const { join } = setUp(clock);
    const config = () => oauth2Config({ endpoint: { tokenUrl: new URL(provider.origin) }, transport: trusting });
    const clusters = [join(config(), undefined, { pollTimeout: 5_000 }), join(config())] as const;
    const expiries = () =>
      Promise.all(clusters.map(async ({ certificates }) => (await certificates(1_000, neverAborted)).tokenServer));

    expect(await tokenIn(clusters[0])).toBe('token');
    expect(await expiries()).toEqual([intermediate.expiry, intermediate.expiry]);
    provider.renew();
    clock.advance(70_000);
    expect(await tokenIn(clusters[1])).toBe('token');
    expect(await expiries()).toEqual([renewed.expiry, renewed.expiry]);
  });

  it('are those of its issuer, too, which is asked again after an hour', async () => {
    const tokenServer = await tlsServer(() => shortLived);
    tokenServer.renew();
    const issuer = await tlsServer(({ headers }) => ({
      issuer: `https://${headers.host}`,
      token_endpoint: `${tokenServer.origin}/token`,
    }));
    const { clock, cluster, expiry } = discovering(issuer.origin);

    expect(await tokenIn(cluster)).toBe('token');
    expect(await expiry()).toBe(intermediate.expiry);
    issuer.renew();
    clock.advance(60 * 60 * 1_000);
    expect(await tokenIn(cluster)).toBe('token');
    expect(await expiry()).toBe(renewed.expiry);
  });

  it.each(['another host', 'the host of the issuer'])('are not those of an endpoint that moved to %s', async (to) => {
    const [old, other] = [await tlsServer(() => shortLived), await tlsServer(() => shortLived)];
    let moved: string | undefined;
    const issuer = await tlsServer(({ url, headers }) =>
      url === '/token'
        ? shortLived
        : { issuer: `https://${headers.host}`, token_endpoint: moved ?? `${old.origin}/token` },
    );
    for (const { renew } of [issuer, other]) renew();
    const { clock, cluster, expiry } = discovering(issuer.origin);

    expect(await tokenIn(cluster)).toBe('token');
    expect(await expiry()).toBe(intermediate.expiry);
    moved = `${to === 'another host' ? other.origin : issuer.origin}/token`;
    clock.advance(60 * 60 * 1_000);
    expect(await tokenIn(cluster)).toBe('token');
    expect(await expiry()).toBe(renewed.expiry);
  });
});

const limited = (tokenRequestsPerSecond: number) => ({ tokenRequestsPerSecond });

describe('the limit of an identity provider', () => {
  it('holds for all its clients, and the lowest value applies', async () => {
    const { bodies, config } = await provider();
    const { join } = setUp();
    const one = join(config('one', limited(1_000)));
    const slow = join(config('slow', limited(0.001)));
    const other = join(config('other'));
    expect(await tokenIn(one)).toBe('token-1');
    const waiting = await other.tokens.acquire(AbortSignal.abort());
    expect(waiting).toMatchObject({ requested: false, failure: { reason: 'token_rate_limited' } });
    expect(bodies).toHaveLength(1);
    await slow.leave();
    await one.leave();
    await other.leave();
    expect(await tokenIn(join(config('other')))).toBe('token-2');
  });

  it('that is raised applies at once to a request that waits', async () => {
    const { config } = await provider();
    const { join } = setUp();
    const [slow, fast] = [join(config('slow', limited(0.001))), join(config('fast', limited(1_000)))];
    expect(await tokenIn(slow)).toBe('token-1');
    const waiting = tokenIn(fast);
    await slow.leave();
    expect(await waiting).toBe('token-2');
  });

  it('sends no request of a client whose last cluster has left', async () => {
    const { bodies, config } = await provider();
    const { join } = setUp();
    const [one, leaving, other] = ['one', 'leaving', 'other'].map((secret) => join(config(secret, limited(20))));
    if (!one || !leaving || !other) throw new Error('expected three clusters');
    await tokenIn(one);
    await leaving.tokens.acquire(AbortSignal.abort());
    await leaving.leave();
    await tokenIn(other);
    expect(bodies.map((body) => new URLSearchParams(body).get('client_secret'))).toEqual(['one', 'other']);
  });

  it('is one for each identity provider', async () => {
    const [first, second] = [await provider(), await provider()];
    const { join } = setUp();
    expect(await tokenIn(join(first.config('first', limited(0.001))))).toBe('token-1');
    expect(await tokenIn(join(second.config('first', limited(0.001))))).toBe('token-1');
  });
});
