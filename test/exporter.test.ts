import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { request } from 'undici';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ClusterConfig } from '../src/config/config.ts';
import { ListenError } from '../src/http/listen.ts';
import { Secret } from '../src/secret.ts';
import { client, cluster, configOf, healthy, ofCluster, start, sum } from './exporting.ts';
import { samplesOf, valuesOf } from './metrics/pages.ts';
import { clusterConfig } from './polls.ts';
import { freePort, httpServer, listen, ownAddress } from './transport/loopback.ts';
import { withoutProxy } from './transport/without-proxy.ts';

/** For what takes a moment on an idle machine. */
const soon = { timeout: 20_000, interval: 20 };
vi.setConfig({ testTimeout: 30_000 });

beforeEach(withoutProxy);

describe('two clusters, one of which fails every poll', () => {
  it('do not affect each other', async () => {
    const failing: RequestListener = (_request, response) => {
      response.writeHead(500).end();
    };
    const exporter = await start(configOf([await cluster('good', healthy), await cluster('bad', failing)]));
    const { read } = client(exporter);
    const page = await vi.waitFor(async () => {
      const each = await read();
      expect(sum(ofCluster(each, 'polls_total', 'good'))).toBeGreaterThan(3);
      expect(sum(ofCluster(each, 'polls_total', 'bad'))).toBeGreaterThan(3);
      return each;
    }, soon);

    const values = (name: string, of: string) => ofCluster(page, name, of).map(({ value }) => value);
    expect(values('up', 'good')).toEqual([1]);
    expect(sum(ofCluster(page, 'poll_failures_total', 'good'))).toBe(0);
    expect(values('broker_up', 'good')).toEqual([1, 1, 1]);
    expect(values('last_http_status_code', 'good')).toEqual([200]);

    expect(values('up', 'bad')).toEqual([0]);
    expect(sum(ofCluster(page, 'poll_failures_total', 'bad'))).toBe(sum(ofCluster(page, 'polls_total', 'bad')));
    expect(values('last_http_status_code', 'bad')).toEqual([500]);
    expect(values('broker_up', 'bad')).toEqual([]);
  });
});

describe('every page of the exporter', () => {
  it('shows one moment: as many failures as polls, and as many durations', async () => {
    const exporter = await start(
      configOf([await cluster('bad', (_request, response) => response.writeHead(404).end())]),
    );
    const { read } = client(exporter);
    for (let seen = 0; seen < 5; ) {
      const page = await read();
      seen = sum(samplesOf(page, 'polls_total'));
      expect(sum(samplesOf(page, 'poll_failures_total'))).toBe(seen);
      const counts = samplesOf(page, 'poll_duration_seconds').filter(({ name }) => name.endsWith('_count'));
      expect(sum(counts)).toBe(seen);
    }
  });
});

describe('before the first poll has ended', () => {
  it('the exporter is not ready and shows counters at 0; afterwards it is ready and shows the cluster', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: RequestListener = async (incoming, response) => {
      await released;
      healthy(incoming, response);
    };
    const exporter = await start(
      configOf([await cluster('slow', slow, { pollInterval: 60_000, pollTimeout: 60_000 })]),
    );
    const { get, read } = client(exporter);
    expect((await get('/-/ready')).status).toBe(503);
    expect((await get('/-/healthy')).status).toBe(200);
    const before = await read();
    expect(valuesOf(before, 'polls_total')).toEqual({ '': 0 });
    expect(valuesOf(before, 'up')).toEqual({});

    release();
    await vi.waitFor(async () => expect((await get('/-/ready')).status).toBe(200), soon);
    expect(valuesOf(await read(), 'up')).toEqual({ '': 1 });
    expect(valuesOf(await read(), 'cluster_health')).toMatchObject({ 'health=healthy': 1 });
  });
});

describe('the exporter with OAuth', () => {
  it('sends the token of the identity provider to the cluster, and shows its times', async () => {
    const tokenUrl = new URL(
      await httpServer((_request, response) => {
        response.setHeader('content-type', 'application/json');
        response.end('{"access_token":"t0k3n","token_type":"Bearer","expires_in":300}');
      }),
    );
    const guarded: RequestListener = (incoming, response) => {
      if (incoming.headers.authorization === 'Bearer t0k3n') return healthy(incoming, response);
      response.writeHead(401).end();
    };
    const authentication: ClusterConfig['authentication'] = {
      method: 'oauth2',
      clientId: 'exporter',
      clientAuthentication: { method: 'client_secret_post', secret: new Secret('s3cr3t') },
      endpoint: { tokenUrl },
      scopes: [],
      endpointParams: {},
      transport: { tls: { insecureSkipVerify: false }, enableHttp2: false },
    };
    const timing = { pollInterval: 10_000, pollTimeout: 10_000 };
    const { read } = client(await start(configOf([await cluster('guarded', guarded, { authentication, ...timing })])));
    const page = await vi.waitFor(async () => {
      const each = await read();
      expect(valuesOf(each, 'polls_total')).toEqual({ '': 1 });
      return each;
    }, soon);
    expect(valuesOf(page, 'auth_up')).toEqual({ '': 1 });
    expect(valuesOf(page, 'token_requests_total')).toEqual({ '': 1 });
    expect(valuesOf(page, 'token_lifetime_seconds')).toEqual({ '': 300 });
    expect(sum(samplesOf(page, 'token_expiry_timestamp_seconds'))).toBeGreaterThan(
      sum(samplesOf(page, 'last_poll_timestamp_seconds')),
    );
  });
});

describe('a start with an address in use', () => {
  it('rejects with a ListenError, and leaves nothing running', async () => {
    const polled: IncomingMessage[] = [];
    const watched = await cluster('watched', (incoming) => polled.push(incoming));
    const taken = new URL(await httpServer(healthy));
    const free = await freePort();
    const addresses = [
      { host: ownAddress, port: free },
      { host: '127.0.0.1', port: Number(taken.port) },
    ];
    const config = configOf([watched], { web: { listenAddresses: addresses, telemetryPath: '/metrics' } });
    const failure = await start(config).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ListenError);
    expect(String(failure)).toContain(`cannot listen on ${taken.host} (--web.listen-address), EADDRINUSE: `);
    expect(String(failure)).not.toContain(String(free));
    await expect(request(`http://${ownAddress}:${free}/`)).rejects.toThrow('ECONNREFUSED');
    expect(polled).toEqual([]);
  });
});

describe('a start with an address of another machine', () => {
  it('rejects with that reason', async () => {
    // Reserved for documentation (RFC 5737).
    const listenAddresses = [{ host: '192.0.2.1', port: 0 }];
    const config = configOf([], { web: { listenAddresses, telemetryPath: '/metrics' } });
    await expect(start(config)).rejects.toThrow('EADDRNOTAVAIL: no network interface of this machine');
  });
});

describe('the scheme of the exporter', () => {
  it('is http without a web configuration', async () => {
    expect((await start(configOf([]))).scheme).toBe('http');
  });
});

describe('a stop of the exporter', () => {
  it('ends the poll in progress, its connection and the server', async () => {
    let arrived: (incoming: IncomingMessage) => void = () => {};
    const polled = new Promise<IncomingMessage>((resolve) => {
      arrived = resolve;
    });
    const silent = await cluster('silent', (incoming) => arrived(incoming), {
      pollInterval: 60_000,
      pollTimeout: 60_000,
    });
    const listenAddresses = [{ host: ownAddress, port: 0 }];
    const exporter = await start(configOf([silent], { web: { listenAddresses, telemetryPath: '/metrics' } }));
    const { get } = client(exporter);
    const { socket } = await polled;
    const closed = once(socket, 'close');
    await exporter.stop();
    await closed;
    await expect(get('/metrics')).rejects.toThrow('ECONNREFUSED');
  });

  it('closes the connection that was kept for the next poll', async () => {
    let arrived: (incoming: IncomingMessage) => void = () => {};
    const polled = new Promise<IncomingMessage>((resolve) => {
      arrived = resolve;
    });
    const server = createServer({ keepAliveTimeout: 0 }, (incoming, response) => {
      response.setHeader('keep-alive', 'timeout=600');
      healthy(incoming, response);
      arrived(incoming);
    });
    const address = new URL(`http://127.0.0.1:${await listen(server)}/`);
    const exporter = await start(configOf([clusterConfig({ address, pollInterval: 60_000 })]));
    const { get } = client(exporter);
    await vi.waitFor(async () => expect((await get('/-/ready')).status).toBe(200), soon);
    const { socket } = await polled;
    expect(socket.destroyed).toBe(false);
    const closed = once(socket, 'close');
    await exporter.stop();
    await closed;
  });

  it('starts no further polls', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    let arrived = () => {};
    const polled = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const exporter = await start(
      configOf([
        await cluster('polled', (incoming, response) => {
          arrived();
          healthy(incoming, response);
        }),
        await cluster('not polled yet', healthy),
      ]),
    );
    await polled;
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    await exporter.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
