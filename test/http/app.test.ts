import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { Agent, type Dispatcher, request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type AppOptions, createApp } from '../../src/http/app.ts';
import type { ProbedCluster } from '../../src/http/probe.ts';
import { listen, type RunningServer } from '../../src/http/server.ts';
import { createPage, type Page } from '../../src/metrics/page.ts';
import { createStatusFeed } from '../../src/status/status-feed.ts';
import { manualClock } from '../manual-clock.ts';
import { memoryLog } from '../memory-log.ts';
import { noProcessMetrics, partOf, readPage, valuesOf } from '../metrics/pages.ts';
import { succeeded } from '../polls.ts';
import { threeBrokers, topology } from '../topologies.ts';

const openmetrics = 'application/openmetrics-text;version=1.0.0';

let options: AppOptions;
let server: RunningServer;
let agent: Agent;
let watched: readonly ProbedCluster[] = [];
let reloaded = { ok: true, message: '' };
let debug: AppOptions['debug'] = async () => undefined;
let isRead = false;
let isHostListed = false;
let broken = false;
const { logger, lines } = memoryLog();

beforeAll(async () => {
  const page = createPage(['production'], noProcessMetrics, manualClock());
  page.update('production', await partOf({ results: [succeeded(topology(threeBrokers))] }));
  const body: Page['body'] = async (format, encoding) => {
    if (broken) throw new Error('no page today');
    return page.body(format, encoding);
  };
  options = {
    page: { ...page, body },
    status: createStatusFeed(manualClock()),
    clusters: {
      all: () => watched,
      named: (name) => watched.find(({ cluster }) => cluster.name === name),
      absence: () => undefined,
      standsBy: () => false,
    },
    reload: async () => {
      isRead = true;
      return reloaded;
    },
    debug: (name) => debug(name),
    telemetryPath: '/scrape',
    logger,
  };
  const all = createApp(options);
  const listed = createApp({ ...options, allowedHosts: ['exporter.example.com'] });
  const app: RequestListener = (incoming, response) => (isHostListed ? listed : all)(incoming, response);
  server = await listen(app, { host: '127.0.0.1', port: 0 });
  agent = new Agent();
});
afterAll(async () => {
  await agent.destroy();
  await server.close();
});

function cluster(name: string, more: Partial<ProbedCluster> = {}): ProbedCluster {
  return {
    cluster: { name, labels: {}, meta: { provider: 'file' } },
    ready: () => true,
    probe: async () => true,
    ...more,
  };
}

async function get(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method: Dispatcher.HttpMethod = 'GET',
) {
  const response = await request(`http://${server.address}${path}`, { method, headers, dispatcher: agent });
  const body = Buffer.from(await response.body.arrayBuffer());
  return { status: response.statusCode, headers: response.headers, body, text: body.toString() };
}

/** Sends the request target as it is. */
async function statusOf(target: string): Promise<number> {
  const { port, hostname } = new URL(`http://${server.address}`);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${target} HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n`);
  return Number((await textOf(socket)).slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
}

describe('GET of the telemetry path', () => {
  it('responds in the text format 0.0.4, uncompressed, without Accept and Accept-Encoding', async () => {
    const { status, headers, text } = await get('/scrape');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers['content-encoding']).toBeUndefined();
    expect(valuesOf(readPage(text), 'up')).toEqual({ '': 1 });
  });

  it('responds in OpenMetrics 1.0.0 if Accept prefers it', async () => {
    const { headers, text } = await get('/scrape', { accept: openmetrics });
    expect(headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(valuesOf(readPage(text, 'openmetrics'), 'up')).toEqual({ '': 1 });
  });

  it.each([
    'gzip',
    'gzip, deflate, br',
    'deflate, gzip;q=1.0, *;q=0.5',
    '*',
    'GZIP',
  ])('responds with gzip to Accept-Encoding: %s', async (accepted) => {
    const { headers, body } = await get('/scrape', { 'accept-encoding': accepted });
    expect(headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(body).equals((await get('/scrape')).body)).toBe(true);
  });

  it.each([
    'identity',
    'gzip;q=0',
    'br',
    'gzip;q=0, *',
    '*;q=0',
    'gzip;q=0.1, identity;q=0.5',
    '',
  ])('responds uncompressed to Accept-Encoding: "%s"', async (accepted) => {
    const { status, headers, text } = await get('/scrape', { 'accept-encoding': accepted });
    expect([status, headers['content-encoding']]).toEqual([200, undefined]);
    expect(valuesOf(readPage(text), 'up')).toEqual({ '': 1 });
  });

  it.each([{}, { 'accept-encoding': 'gzip', accept: openmetrics }])('sets Content-Length, with %o', async (asked) => {
    const { headers, body } = await get('/scrape', asked);
    expect(headers['content-length']).toBe(String(body.length));
  });

  it('sets Vary', async () => {
    expect((await get('/scrape')).headers.vary).toBe('accept, accept-encoding');
  });

  it.each([
    {},
    { 'accept-encoding': 'gzip' },
  ])('responds to HEAD with the same headers and no body, with %o', async (asked) => {
    const { status, headers, body } = await get('/scrape', asked, 'HEAD');
    const expected = (await get('/scrape', asked)).headers;
    expect([status, body.length]).toEqual([200, 0]);
    for (const name of ['content-type', 'content-length', 'content-encoding', 'vary']) {
      expect(headers[name], name).toEqual(expected[name]);
    }
  });

  it('responds at the configured path only', async () => {
    expect((await get('/metrics')).status).toBe(404);
  });

  it('responds with 500 if the metrics cannot be rendered, and logs the error', async () => {
    broken = true;
    const { status, text } = await get('/scrape');
    broken = false;
    expect([status, text]).toEqual([500, 'internal error; see the log of the exporter\n']);
    expect(lines.at(-1)).toMatchObject({ path: '/scrape', err: { message: 'no page today' } });
    expect((await get('/scrape')).status).toBe(200);
  });
});

describe('GET /-/healthy', () => {
  it('responds with 200, whether or not the clusters have been polled', async () => {
    watched = [cluster('one', { ready: () => false })];
    expect((await get('/-/healthy')).status).toBe(200);
    watched = [cluster('one')];
    expect((await get('/-/healthy')).status).toBe(200);
  });
});

describe('GET /-/ready', () => {
  it('responds with 503 until all clusters have been polled, then with 200', async () => {
    watched = [cluster('one', { ready: () => false }), cluster('two'), cluster('three', { ready: () => false })];
    const before = await get('/-/ready');
    expect([before.status, before.text]).toEqual([503, 'clusters not polled yet: 2\n']);
    watched = [cluster('one'), cluster('two')];
    expect((await get('/-/ready')).status).toBe(200);
  });
});

describe('GET /', () => {
  it('responds with a page that links to the other paths', async () => {
    const { status, headers, text } = await get('/');
    expect(status).toBe(200);
    expect(headers['content-type']).toContain('text/html');
    const links = [...text.matchAll(/<a href="([^"]+)"/g)].map(
      ([, href = '']) => new URL(href, 'http://exporter/').pathname,
    );
    expect(links).toEqual(expect.arrayContaining(['/scrape', '/-/healthy', '/-/ready']));
  });

  it('sets no header that makes a browser require TLS', async () => {
    const { headers } = await get('/');
    expect(headers['content-security-policy']).toContain('default-src');
    expect(headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
    expect(headers['strict-transport-security']).toBeUndefined();
  });
});

describe('POST /-/reload', () => {
  it('responds with 200 and what has changed', async () => {
    reloaded = { ok: true, message: '2 unchanged' };
    const { status, text } = await get('/-/reload', {}, 'POST');
    expect([status, text]).toEqual([200, '2 unchanged\n']);
  });

  it('responds with 500 and the reason if the configuration cannot be used', async () => {
    reloaded = { ok: false, message: 'exporter.yml:1: clusters: expected a list, found 1' };
    const { status, headers, text } = await get('/-/reload', {}, 'POST');
    expect([status, text]).toEqual([500, 'exporter.yml:1: clusters: expected a list, found 1\n']);
    expect(headers['content-type']).toContain('text/plain');
  });
});

describe('POST /-/reload from a web page', () => {
  const asked = (headers: Readonly<Record<string, string>>) =>
    get('/-/reload', { host: 'exporter:10650', ...headers }, 'POST');

  it.each([
    ['of another site, by Origin', { origin: 'http://evil.example' }],
    ['of another port, by Origin', { origin: 'http://exporter:8080' }],
    ['of an opaque origin', { origin: 'null' }],
    ['of another site, by Sec-Fetch-Site', { 'sec-fetch-site': 'cross-site' }],
    ['of another origin of the site', { 'sec-fetch-site': 'same-site', origin: 'http://exporter:10650' }],
  ])('%s is rejected with 403, and no configuration is read', async (_page, headers) => {
    isRead = false;
    reloaded = { ok: true, message: '' };
    const { status, text } = await asked(headers);
    expect([status, isRead]).toEqual([403, false]);
    expect(text).toContain('another origin');
  });

  it.each([
    ['of the exporter, by Origin', { origin: 'http://exporter:10650' }],
    ['of the exporter, by Sec-Fetch-Site', { 'sec-fetch-site': 'same-origin', origin: 'https://proxy.example' }],
    ['that is no browser', {}],
    ['that is a user, by Sec-Fetch-Site: none', { 'sec-fetch-site': 'none' }],
  ])('%s is accepted', async (_page, headers) => {
    reloaded = { ok: true, message: '' };
    expect((await asked(headers)).status).toBe(200);
  });
});

describe('with web.allowed_hosts', () => {
  beforeEach(() => {
    isHostListed = true;
    return () => {
      isHostListed = false;
    };
  });

  it.each([
    'exporter.example.com',
    'Exporter.Example.com:10650',
    'exporter.example.com.',
    'localhost:10650',
    '127.0.0.1:10650',
    '[::1]:10650',
    '10.0.0.7',
  ])('requests to the host %s are allowed', async (host) => {
    for (const path of ['/scrape', '/', '/api/v1/clusters']) expect((await get(path, { host })).status).toBe(200);
  });

  it.each([
    'evil.example',
    'exporter.example.com.evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '',
    '/',
  ])('requests to the host "%s" are rejected with 403, except for health checks', async (host) => {
    watched = [cluster('production')];
    for (const path of ['/scrape', '/', '/api/v1/clusters', '/probe?cluster=production', '/sd']) {
      expect([path, (await get(path, { host })).status]).toEqual([path, 403]);
    }
    expect((await get('/-/reload', { host }, 'POST')).status).toBe(403);
    for (const path of ['/-/healthy', '/-/ready']) expect((await get(path, { host })).status).toBe(200);
  });
});

describe('GET /probe', () => {
  /** A poll that ends when the test ends it. */
  function gate() {
    let end: (ended: boolean) => void = () => {};
    const ended = new Promise<boolean>((resolve) => {
      end = resolve;
    });
    return { ended, end };
  }
  const probe = (headers: Readonly<Record<string, string>> = {}, query = '?cluster=production') =>
    get(`/probe${query}`, headers);

  it('responds with the series of the cluster alone, after the poll has ended', async () => {
    const poll = gate();
    watched = [cluster('other'), cluster('production', { probe: () => poll.ended })];
    let isAnswered = false;
    const answer = probe().then((answered) => {
      isAnswered = true;
      return answered;
    });
    await get('/-/healthy');
    expect(isAnswered).toBe(false);
    poll.end(true);
    const { status, text } = await answer;
    expect(status).toBe(200);
    expect(valuesOf(readPage(text), 'up')).toEqual({ '': 1 });
    expect([...readPage(text).keys()].filter((family) => !family.startsWith('zeebe_topology_'))).toEqual([]);
    expect(text).toBe((await get('/scrape')).text);
  });

  it('negotiates OpenMetrics and gzip like the telemetry path', async () => {
    watched = [cluster('production')];
    const asked = { accept: openmetrics, 'accept-encoding': 'gzip' };
    const { headers, body } = await probe(asked);
    expect(headers['content-type']).toContain('application/openmetrics-text');
    expect(gunzipSync(body)).toEqual(gunzipSync((await get('/scrape', asked)).body));
  });

  it.each([
    ['', 400],
    ['?cluster=', 400],
    ['?cluster=a&cluster=b', 400],
    ['?cluster=Production', 404],
    ['?cluster=__proto__', 404],
  ])('with the query "%s" responds with %i and the names of the configured clusters', async (query, expected) => {
    watched = [cluster('production'), cluster('staging')];
    const { status, text } = await probe({}, query);
    expect(status).toBe(expected);
    expect(text).toContain('configured clusters: production, staging');
  });

  it('responds with 504 before the scrape timeout, if the poll has not completed', async () => {
    watched = [cluster('production', { probe: () => gate().ended })];
    const { status, text } = await probe({ 'x-prometheus-scrape-timeout-seconds': '0.6' });
    expect([status, text]).toEqual([504, 'the poll did not complete within 0.3 s; it continues in the background\n']);
  });

  it.each(['0', '-1', 'soon', 'Infinity', ''])('ignores the invalid scrape timeout "%s"', async (seconds) => {
    watched = [cluster('production')];
    expect((await probe({ 'x-prometheus-scrape-timeout-seconds': seconds })).status).toBe(200);
  });

  it.each([
    '2147485',
    '1e300',
  ])('sets no timer for a scrape timeout that exceeds the range of timers: %s s', async (seconds) => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    watched = [cluster('production')];
    expect((await probe({ 'x-prometheus-scrape-timeout-seconds': seconds })).status).toBe(200);
    expect(warnings).toEqual([]);
  });

  it('responds with 503 if the poll was cancelled', async () => {
    watched = [cluster('production', { probe: async () => false })];
    expect((await probe()).status).toBe(503);
  });

  it('responds with the steps of a poll in plain text, if debug is true', async () => {
    watched = [cluster('production', { probe: () => gate().ended })];
    debug = async (name) => `${name}\n  the steps\n`;
    const { status, headers, text } = await probe({}, '?cluster=production&debug=true');
    expect([status, text]).toEqual([200, 'production\n  the steps\n']);
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect((await probe({}, '?cluster=nope&debug=true')).status).toBe(404);
  });

  it.each(['', '1', 'false', 'True'])('responds with the series, if debug is "%s"', async (value) => {
    watched = [cluster('production')];
    debug = async () => 'steps';
    expect((await probe({}, `?cluster=production&debug=${value}`)).text).toContain('zeebe_topology_up');
  });

  it('responds with 504 or 503, if the steps do not end in time or were cancelled', async () => {
    watched = [cluster('production')];
    debug = () => new Promise(() => {});
    const timeout = { 'x-prometheus-scrape-timeout-seconds': '0.1' };
    expect((await probe(timeout, '?cluster=production&debug=true')).status).toBe(504);
    debug = async () => undefined;
    expect((await probe({}, '?cluster=production&debug=true')).status).toBe(503);
  });
});

describe('GET /sd', () => {
  it('lists one target per cluster, at the host of the request', async () => {
    watched = [cluster('production'), cluster('a "b"\n/ä')];
    const forwarded = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-prefix': '/evil',
    };
    const { headers, text } = await get('/sd', { host: 'exporter.example:10650', ...forwarded });
    expect(headers['content-type']).toContain('application/json');
    expect(JSON.parse(text)).toEqual([
      {
        targets: ['exporter.example:10650'],
        labels: {
          __metrics_path__: '/probe',
          __param_cluster: 'production',
          instance: 'exporter.example:10650/production',
          __meta_zeebe_provider: 'file',
        },
      },
      {
        targets: ['exporter.example:10650'],
        labels: {
          __metrics_path__: '/probe',
          __param_cluster: 'a "b"\n/ä',
          instance: 'exporter.example:10650/a "b"\n/ä',
          __meta_zeebe_provider: 'file',
        },
      },
    ]);
  });

  it('tells the labels of a cluster and what else is known of it as meta labels', async () => {
    const meta = { provider: 'environment', region: 'bru-2', plan: 'Enterprise', generation: '8.8.0' } as const;
    watched = [cluster('production', { cluster: { name: 'production', labels: { team: 'payments' }, meta } })];
    expect(JSON.parse((await get('/sd')).text)).toMatchObject([
      {
        labels: {
          __meta_zeebe_provider: 'environment',
          __meta_zeebe_region: 'bru-2',
          __meta_zeebe_plan: 'Enterprise',
          __meta_zeebe_generation: '8.8.0',
          __meta_zeebe_label_team: 'payments',
        },
      },
    ]);
  });

  it('rejects a Host header longer than a host name can be', async () => {
    watched = [cluster('production')];
    expect((await get('/sd', { host: `${'a'.repeat(253)}:10650` })).status).toBe(200);
    const { status, text } = await get('/sd', { host: 'a'.repeat(260) });
    expect([status, text]).toEqual([400, 'the Host header is longer than 259 characters\n']);
  });

  it('lists targets at its own address if an HTTP/1.0 client sends no Host header', async () => {
    watched = [cluster('production')];
    const { port, hostname } = new URL(`http://${server.address}`);
    const socket = connect(Number(port), hostname);
    socket.write('GET /sd HTTP/1.0\r\n\r\n');
    expect(await textOf(socket)).toContain(`"targets":["${server.address}"]`);
  });
});

describe('GET /sd with an external URL', () => {
  /** Returns the location of the target that is listed. */
  async function listed(externalUrl: string, headers: Readonly<Record<string, string>> = {}) {
    watched = [cluster('production')];
    const own = await listen(createApp({ ...options, externalUrl: new URL(externalUrl) }), {
      host: '127.0.0.1',
      port: 0,
    });
    onTestFinished(() => own.close());
    const { body } = await request(`http://${own.address}/sd`, { dispatcher: agent, headers });
    const [{ targets, labels }] = JSON.parse(await body.text());
    expect(labels.instance).toBe(`${targets[0]}${labels.__metrics_path__.replace(/probe$/, 'production')}`);
    return `${labels.__scheme__}://${targets[0]}${labels.__metrics_path__}`;
  }
  const forwarded = (host: string, prefix?: string, proto?: string) => ({
    'x-forwarded-host': host,
    ...(prefix !== undefined && { 'x-forwarded-prefix': prefix }),
    ...(proto !== undefined && { 'x-forwarded-proto': proto }),
  });

  it.each([
    ['https://tools.example.com', 'https://tools.example.com/probe'],
    ['https://tools.example.com/zeebe/', 'https://tools.example.com/zeebe/probe'],
    ['http://tools.example.com:8080/a/b', 'http://tools.example.com:8080/a/b/probe'],
  ])('lists targets at %s, whatever the host of the request is', async (externalUrl, target) => {
    expect(await listed(externalUrl)).toBe(target);
    expect(await listed(externalUrl, { host: 'pod.example:10650' })).toBe(target);
  });

  it.each([
    ['https://tools.example.com/a', forwarded('tools.example.com', '/b'), 'https://tools.example.com/b/probe'],
    ['https://tools.example.com/a', forwarded('Tools.Example.com', '/b/c/'), 'https://tools.example.com/b/c/probe'],
    ['https://tools.example.com/a', forwarded('tools.example.com', '/'), 'https://tools.example.com/probe'],
    [
      'http://tools.example.com:81',
      forwarded('tools.example.com:81', '/b', 'https'),
      'https://tools.example.com:81/b/probe',
    ],
  ])('lets a proxy of its host tell prefix and https: %s, %j', async (externalUrl, headers, target) => {
    expect(await listed(externalUrl, headers)).toBe(target);
  });

  it.each([
    forwarded('evil.example', '/evil', 'http'),
    forwarded('tools.example.com:8443', '/evil'),
    forwarded('tools.example.com, evil.example', '/evil'),
    forwarded('', '/evil'),
    { 'x-forwarded-prefix': '/evil', 'x-forwarded-proto': 'http' },
    { host: 'tools.example.com', 'x-forwarded-prefix': '/evil' },
    forwarded('tools.example.com', undefined, 'http'),
    forwarded('tools.example.com', undefined, 'ftp'),
    forwarded('tools.example.com', 'evil.example'),
    forwarded('tools.example.com', '//evil.example'),
    forwarded('tools.example.com', '/evil/../b'),
    forwarded('tools.example.com', '/evil?x=y'),
    forwarded('tools.example.com', '/evil, /b'),
    forwarded('tools.example.com', `/${'a'.repeat(256)}`),
  ])('ignores the forwarded headers %j', async (headers) => {
    expect(await listed('https://tools.example.com/zeebe', headers)).toBe('https://tools.example.com/zeebe/probe');
  });
});

describe('a method that the path does not support', () => {
  it.each([
    ['POST', '/scrape'],
    ['PUT', '/'],
    ['DELETE', '/api/v1/clusters'],
    ['OPTIONS', '/-/healthy'],
    ['PATCH', '/-/ready'],
    ['POST', '/probe?cluster=production'],
    ['POST', '/style.css'],
    ['POST', '/nothing'],
    ['TRACE', '/sd'],
  ] as const)('%s %s is rejected with 405 and Allow: GET, HEAD', async (method, path) => {
    const { status, headers } = await get(path, {}, method);
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  it.each(['GET', 'HEAD', 'PUT'] as const)('%s /-/reload is rejected with 405 and Allow: POST', async (method) => {
    const { status, headers } = await get('/-/reload', {}, method);
    expect([status, headers.allow]).toEqual([405, 'POST']);
  });
});

describe('a path', () => {
  const spellings = (path: string) => [path, `${path}/`, path.toUpperCase(), `${path}?a=/b`, `http://exporter${path}`];

  it.each([
    '/scrape',
    '/-/healthy',
    '/sd',
    '/api/v1/clusters',
  ])('%s is matched without regard to case and a slash at the end', async (path) => {
    for (const spelling of spellings(path)) expect([spelling, await statusOf(spelling)]).toEqual([spelling, 200]);
    for (const other of [`${path}//`, `/${path}`, `${path}x`, `${path}%2f`]) {
      expect([other, await statusOf(other)]).toEqual([other, 404]);
    }
  });
});

describe('if a handler of express throws', () => {
  it('the request is answered with 500, and the error is logged', async () => {
    const documentOf = () => {
      throw new Error('no document today');
    };
    const failing = createApp({ ...options, status: { ...options.status, documentOf } });
    const own = await listen(failing, { host: '127.0.0.1', port: 0 });
    onTestFinished(() => own.close());
    const { statusCode, body } = await request(`http://${own.address}/api/v1/clusters`, { dispatcher: agent });
    expect([statusCode, await body.text()]).toEqual([500, 'internal error; see the log of the exporter\n']);
    expect(lines.at(-1)).toMatchObject({ path: '/api/v1/clusters', err: { message: 'no document today' } });
  });
});

describe('if the status page cannot be loaded', () => {
  it('the next request for it loads it', async () => {
    let isBroken = true;
    const load = async () => {
      if (isBroken) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      return import('../../src/http/express-app.ts');
    };
    const own = await listen(createApp(options, load), { host: '127.0.0.1', port: 0 });
    onTestFinished(() => own.close());
    const statusOf = async (path: string) => {
      const { statusCode, body } = await request(`http://${own.address}${path}`, { dispatcher: agent });
      await body.dump();
      return statusCode;
    };
    expect([await statusOf('/'), await statusOf('/scrape')]).toEqual([500, 200]);
    isBroken = false;
    expect([await statusOf('/'), await statusOf('/sd')]).toEqual([200, 200]);
  });
});

describe('an unknown path', () => {
  it.each(['/nothing', '/scrape/more', '/-/', '/-/quit'])('%s is rejected with 404 in plain text', async (path) => {
    const { status, headers, text } = await get(path);
    expect(status).toBe(404);
    expect(headers['content-type']).toContain('text/plain');
    expect(text).toBe('not found; / lists the paths\n');
  });

  it('that is malformed is rejected without an entry in the log', async () => {
    const before = lines.length;
    expect((await get('/%E0%A4%A')).status).toBeLessThan(500);
    expect(lines).toHaveLength(before);
  });

  it('is answered without X-Powered-By', async () => {
    expect((await get('/scrape')).headers['x-powered-by']).toBeUndefined();
  });
});
