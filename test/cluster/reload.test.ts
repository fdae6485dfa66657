import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Clusters } from '../../src/cluster/clusters.ts';
import { createReload } from '../../src/cluster/reload.ts';
import type { ClusterConfig, Config } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { Secret } from '../../src/secret.ts';
import { fileOf, onlyCluster } from '../config/loading.ts';
import { client, cluster, configOf, healthy, ofCluster, start, sum } from '../exporting.ts';
import { manualClock } from '../manual-clock.ts';
import { memoryLog } from '../memory-log.ts';
import { samplesOf } from '../metrics/pages.ts';
import { clusterConfig } from '../polls.ts';
import { httpServer, ownAddress } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';

/** For what takes a moment on an idle machine. */
const soon = { timeout: 20_000, interval: 20 };

beforeEach(withoutProxy);

/** An exporter that reloads the configuration set last by the test; an error is thrown. */
async function startWith(first: Config) {
  let next: Config | Error = first;
  const { logger, lines } = memoryLog();
  const exporter = await start(first, logger, async () => {
    if (next instanceof Error) throw next;
    return { config: next, notices: [] };
  });
  return {
    exporter,
    lines,
    ...client(exporter),
    configure: (config: Config | Error) => {
      next = config;
    },
  };
}

/** A cluster that is polled once at the start, and not again during the test. */
function polledOnce(name: string, answer: RequestListener = healthy, more: Partial<ClusterConfig> = {}) {
  return cluster(name, answer, { pollInterval: 600_000, pollTimeout: 60_000, ...more });
}

/** A handler that records the requests and answers as a healthy cluster. */
function counting() {
  const requests: IncomingMessage[] = [];
  const answer: RequestListener = (incoming, response) => {
    requests.push(incoming);
    healthy(incoming, response);
  };
  return { requests, answer };
}

type Running = Awaited<ReturnType<typeof startWith>>;

async function untilReady({ get }: Running): Promise<void> {
  await vi.waitFor(async () => expect((await get('/-/ready')).status).toBe(200), soon);
}

async function names({ read, get }: Running) {
  const { clusters } = JSON.parse((await get('/api/v1/clusters')).text) as { clusters: { name: string }[] };
  return {
    page: samplesOf(await read(), 'up').map(({ labels }) => labels.zeebe_cluster),
    status: clusters.map(({ name }) => name),
  };
}

async function gauge({ read }: Running, name: string): Promise<number> {
  return (await read()).get(`zeebe_topology_exporter_config_last_reload_${name}`)?.samples[0]?.value ?? Number.NaN;
}

const useless = new ConfigError([{ place: 'exporter.yml:3: clusters[0].name', expected: 'a name', found: 'nothing' }]);

describe('a reload', () => {
  it('adds, replaces and removes clusters, and keeps the order of the configuration', async () => {
    const [a, b, c, d] = await Promise.all(['a', 'b', 'c', 'd'].map((name) => cluster(name, healthy)));
    if (!a || !b || !c || !d) throw new Error('four clusters expected');
    const running = await startWith(configOf([a, b, c]));
    await untilReady(running);
    expect(await names(running)).toEqual({ page: ['a', 'b', 'c'], status: ['a', 'b', 'c'] });

    running.configure(configOf([d, { ...c, pollInterval: 200 }, a]));
    const { status, text } = await running.reload();
    expect(status).toBe(200);
    expect(text).toBe('the configuration was read again: 1 unchanged, 1 changed (c), 1 new (d), 1 removed (b)\n');
    await untilReady(running);
    expect(await names(running)).toEqual({ page: ['d', 'c', 'a'], status: ['d', 'c', 'a'] });
    const intervals = samplesOf(await running.read(), 'poll_interval_seconds').map(({ value }) => value);
    expect(intervals).toEqual([0.1, 0.2, 0.1]);
  });

  it('shows other labels at once, and keeps the counters and the schedule of their cluster', async () => {
    const { requests, answer } = counting();
    const a = await polledOnce('a', answer, { labels: { team: 'orders' } });
    const running = await startWith(configOf([a]));
    await untilReady(running);
    running.configure(configOf([{ ...a, labels: { team: 'payments' } }]));
    expect((await running.reload()).text).toBe('the configuration was read again: 0 unchanged, 1 changed (a)\n');
    const page = await running.read();
    expect(samplesOf(page, 'cluster_labels')).toMatchObject([{ labels: { team: 'payments' } }]);
    expect([sum(samplesOf(page, 'up')), sum(samplesOf(page, 'polls_total'))]).toEqual([1, 1]);
    const { clusters } = JSON.parse((await running.get('/api/v1/clusters?summary=true')).text);
    expect(clusters).toMatchObject([{ labels: { team: 'payments' }, verdict: 'healthy' }]);
    const [target] = JSON.parse((await running.get('/sd')).text);
    expect(target.labels).toMatchObject({ __meta_zeebe_label_team: 'payments' });
    expect(requests).toHaveLength(1);
  });

  it('removes the series of a removed cluster from the next scrape', async () => {
    const [a, b] = [await cluster('a', healthy), await cluster('b', healthy)];
    const running = await startWith(configOf([a, b]));
    await untilReady(running);
    running.configure(configOf([a]));
    await running.reload();
    const page = (await running.get('/metrics')).text;
    expect(page).toContain('zeebe_cluster="a"');
    expect(page).not.toContain('zeebe_cluster="b"');
    expect((await running.get('/probe?cluster=b')).status).toBe(404);
    expect(JSON.parse((await running.get('/sd')).text)).toHaveLength(1);
  });

  it('keeps the counters and the token of an unchanged cluster', async () => {
    const tokens = counting();
    const tokenUrl = new URL(
      await httpServer((incoming, response) => {
        tokens.requests.push(incoming);
        response.setHeader('content-type', 'application/json');
        response.end('{"access_token":"t0k3n","token_type":"Bearer","expires_in":300}');
      }),
    );
    const polls = counting();
    const address = new URL(await httpServer(polls.answer));
    const described = (): ClusterConfig =>
      clusterConfig({
        address: new URL(address),
        pollInterval: 100,
        pollTimeout: 10_000,
        headers: { 'x-key': new Secret('k3y') },
        authentication: {
          method: 'oauth2',
          clientId: 'exporter',
          clientAuthentication: { method: 'client_secret_post', secret: new Secret('s3cr3t') },
          endpoint: { tokenUrl: new URL(tokenUrl) },
          scopes: [],
          endpointParams: {},
          transport: { tls: { insecureSkipVerify: false }, enableHttp2: false },
        },
      });
    const running = await startWith(configOf([described()]));
    for (let reloads = 0; reloads < 10; reloads++) {
      const before = polls.requests.length;
      await vi.waitFor(() => expect(polls.requests.length).toBeGreaterThan(before), soon);
      running.configure(configOf([described()]));
      expect((await running.reload()).text).toBe('the configuration was read again: 1 unchanged\n');
    }
    await vi.waitFor(async () => {
      expect(sum(samplesOf(await running.read(), 'polls_total'))).toBeGreaterThan(10);
    }, soon);
    const seen = sum(samplesOf(await running.read(), 'polls_total'));
    expect(polls.requests.length).toBeGreaterThanOrEqual(seen);
    expect(polls.requests.length - seen).toBeLessThan(20);
    expect(tokens.requests).toHaveLength(1);
  });

  it('does not interrupt the poll of an unchanged cluster', async () => {
    const arrived = Promise.withResolvers<() => void>();
    const a = await polledOnce('a', (incoming, response) => arrived.resolve(() => healthy(incoming, response)));
    const running = await startWith(configOf([a]));
    const answer = await arrived.promise;
    running.configure(configOf([a, await polledOnce('b')]));
    await running.reload();
    answer();
    await untilReady(running);
    const page = await running.read();
    expect(ofCluster(page, 'up', 'a').map(({ value }) => value)).toEqual([1]);
    expect(sum(ofCluster(page, 'polls_total', 'a'))).toBe(1);
  });

  it('ends the poll of a removed cluster, and does not count it', async () => {
    const arrived = Promise.withResolvers<IncomingMessage>();
    const a = await polledOnce('a');
    const b = await polledOnce('b', (incoming) => arrived.resolve(incoming));
    const running = await startWith(configOf([b, a]));
    const { socket } = await arrived.promise;
    const closed = once(socket, 'close');
    running.configure(configOf([a]));
    await running.reload();
    await closed;
    expect((await running.get('/metrics')).text).not.toContain('zeebe_cluster="b"');
    expect(running.lines.filter(({ cluster: of, level }) => of === 'b' && level >= 40)).toEqual([]);
  });

  it('restarts a changed cluster with its new secret', async () => {
    const { requests, answer } = counting();
    const a = await polledOnce('a', answer, { headers: { 'x-key': new Secret('old') } });
    const running = await startWith(configOf([a]));
    await untilReady(running);
    running.configure(configOf([{ ...a, headers: { 'x-key': new Secret('new') } }]));
    expect((await running.reload()).text).toContain('1 changed (a)');
    await vi.waitFor(() => expect(requests).toHaveLength(2), soon);
    expect(requests.map(({ headers }) => headers['x-key'])).toEqual(['old', 'new']);
    await vi.waitFor(async () => expect(sum(samplesOf(await running.read(), 'polls_total'))).toBe(1), soon);
  });

  it('does not restart a cluster only because a file of its credentials has changed since the last poll', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'reload-')), 'password');
    const { address } = await polledOnce('a');
    const file = fileOf(String(address), [
      'poll_interval: 10m',
      `basic_auth: { username: demo, password_file: ${path} }`,
    ]);
    const configured = () => configOf([onlyCluster({ file, files: { [relative('', path)]: readFileSync(path) } })]);
    writeFileSync(path, 'old');
    const running = await startWith(configured());
    await untilReady(running);
    writeFileSync(path, 'new');
    running.configure(configured());
    expect((await running.reload()).text).toContain('1 unchanged');
  });

  it('that fails returns the reason, and changes nothing', async () => {
    const a = await cluster('a', healthy);
    const running = await startWith(configOf([a]));
    await untilReady(running);
    const succeededAt = await gauge(running, 'success_timestamp_seconds');
    expect(await gauge(running, 'successful')).toBe(1);

    running.configure(useless);
    const { status, text } = await running.reload();
    expect(status).toBe(500);
    expect(text).toContain(useless.message);
    expect(running.lines).toContainEqual(expect.objectContaining({ level: 50, problems: useless.problems }));
    expect(await gauge(running, 'successful')).toBe(0);
    expect(await gauge(running, 'success_timestamp_seconds')).toBe(succeededAt);
    const before = sum(samplesOf(await running.read(), 'polls_total'));
    await vi.waitFor(async () => {
      expect(sum(samplesOf(await running.read(), 'polls_total'))).toBeGreaterThan(before);
    }, soon);

    running.configure(configOf([a]));
    expect((await running.reload()).status).toBe(200);
    expect(await gauge(running, 'successful')).toBe(1);
    expect(await gauge(running, 'success_timestamp_seconds')).toBeGreaterThan(succeededAt);
  });

  it('that fails unexpectedly logs the error, and refers the client to the log', async () => {
    const running = await startWith(configOf([await polledOnce('a')]));
    running.configure(new TypeError('a defect'));
    const { status, text } = await running.reload();
    expect(status).toBe(500);
    expect(text).toContain('the log says why');
    expect(text).not.toContain('a defect');
    const err = expect.objectContaining({ message: 'a defect' });
    expect(running.lines).toContainEqual(expect.objectContaining({ level: 50, err }));
  });

  it('names the changed settings that need a restart', async () => {
    const config = configOf([await polledOnce('a')]);
    const running = await startWith(config);
    running.configure({
      ...config,
      web: {
        listenAddresses: [{ port: 1 }],
        telemetryPath: '/other',
        allowedHosts: ['exporter'],
        externalLinks: [{ name: 'Wiki', template: 'https://wiki/{cluster}' }],
      },
      log: { level: 'debug', format: 'pretty' },
    });
    const { status, text } = await running.reload();
    expect(status).toBe(200);
    const waiting = [
      'web.listen_addresses',
      'web.telemetry_path',
      'web.allowed_hosts',
      'web.external_links',
      'log.format',
    ];
    expect(text).toContain(`a restart is needed to change ${waiting.join(', ')}`);
    expect(running.lines).toContainEqual(expect.objectContaining({ waiting }));
    expect((await running.get('/metrics')).status).toBe(200);
  });

  it('changes the log level at once, also for unchanged clusters', async () => {
    const config = configOf([await cluster('a', healthy)]);
    const running = await startWith(config);
    await untilReady(running);
    const debugLines = () => running.lines.filter(({ level }) => level === 20).length;
    await vi.waitFor(() => expect(debugLines()).toBeGreaterThan(0), soon);
    running.configure({ ...config, log: { level: 'warn', format: 'json' } });
    await running.reload();
    const before = debugLines();
    const polls = sum(samplesOf(await running.read(), 'polls_total'));
    await vi.waitFor(async () => {
      expect(sum(samplesOf(await running.read(), 'polls_total'))).toBeGreaterThan(polls + 2);
    }, soon);
    expect(debugLines()).toBe(before);
    running.configure(config);
    await running.reload();
    await vi.waitFor(() => expect(debugLines()).toBeGreaterThan(before), soon);
  });
});

describe('reloads at the same time', () => {
  /** Attempts that read when they start and end when the test says so; the number of an attempt is in its result. */
  function pausedAttempts() {
    const ends: (() => void)[] = [];
    let reads = 0;
    const replacement = { unchanged: [], changed: [], added: [], removed: [], begin: () => {} };
    const clusters: Clusters = {
      all: () => [],
      named: () => undefined,
      stop: async () => {},
      replace: async () => {
        const added = [`read ${reads}`];
        await new Promise<void>((resolve) => ends.push(resolve));
        return { ...replacement, added };
      },
    };
    const load = async () => {
      reads++;
      return { config: configOf([]), notices: [] };
    };
    const { logger } = memoryLog();
    const clock = manualClock();
    const { reload } = createReload({
      load,
      started: configOf([]),
      apply: (config) => clusters.replace(config.clusters),
      record: () => {},
      logger,
      clock,
    });
    return {
      reload,
      clock,
      ends,
      reads: () => reads,
      /** Ends the next attempt after it has started. */
      end: async () => {
        await vi.waitFor(() => expect(ends).not.toEqual([]));
        ends.shift()?.();
      },
    };
  }
  const result = (read: number) => ({
    ok: true,
    message: `the configuration was read again: 0 unchanged, 1 new (read ${read})`,
  });

  it('are one that runs and one that waits and reads the configuration after all requests, however many there are', async () => {
    const { reload, end, reads } = pausedAttempts();
    const first = reload();
    await vi.waitFor(() => expect(reads()).toBe(1));
    const others = Array.from({ length: 4_000 }, reload);
    await end();
    expect(await first).toEqual(result(1));
    await end();
    expect(new Set((await Promise.all(others)).map(({ message }) => message))).toEqual(new Set([result(2).message]));
    expect(reads()).toBe(2);
  });

  it('are followed by a pause, of at most a second if they take long', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { reload, ends, reads, clock } = pausedAttempts();
    for (const [took, pause] of [
      [20, 200],
      [3_000, 1_000],
    ] as const) {
      const before = reads();
      const first = reload();
      await vi.advanceTimersByTimeAsync(0);
      clock.advance(took);
      ends.shift()?.();
      await first;
      const next = reload();
      await vi.advanceTimersByTimeAsync(pause - 1);
      expect(reads()).toBe(before + 1);
      await vi.advanceTimersByTimeAsync(1);
      expect(reads()).toBe(before + 2);
      ends.shift()?.();
      await next;
    }
  });

  it('never overlap', async () => {
    const { reload, end, ends, reads } = pausedAttempts();
    const first = reload();
    await vi.waitFor(() => expect(reads()).toBe(1));
    const asked = [first.then(reload), reload().then(reload)];
    for (let attempt = 0; attempt < 3; attempt++) {
      await end();
      expect(ends.length).toBeLessThanOrEqual(1);
    }
    expect(await Promise.all(asked)).toEqual([result(2), result(3)]);
  });
});

describe('a reload while the exporter stops', () => {
  it('fails, and one in progress ends before', async () => {
    const a = await polledOnce('a');
    const added = counting();
    const b = await polledOnce('b', added.answer);
    const listenAddresses = [{ host: ownAddress, port: 0 }];
    const running = await startWith(configOf([a], { web: { listenAddresses, telemetryPath: '/metrics' } }));
    await untilReady(running);
    running.configure(configOf([a, b]));
    const underWay = running.exporter.reload();
    const stopped = running.exporter.stop();
    const late = running.exporter.reload();
    const results = await Promise.all([underWay, late]);
    await stopped;
    expect(results.map(({ ok }) => ok)).toContain(false);
    expect(await late).toEqual({ ok: false, message: expect.stringContaining('the exporter is stopping') });
    await expect(running.get('/metrics')).rejects.toThrow('ECONNREFUSED');
  });
});
