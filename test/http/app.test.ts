import { gunzipSync } from 'node:zlib';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import { listen, type RunningServer } from '../../src/http/server.ts';
import { createStatusFeed } from '../../src/http/status-feed.ts';
import { createPage, type Page } from '../../src/metrics/page.ts';
import { manualClock } from '../manual-clock.ts';
import { memoryLog } from '../memory-log.ts';
import { noProcessMetrics, partOf, readPage, valuesOf } from '../metrics/pages.ts';
import { succeeded } from '../polls.ts';
import { threeBrokers, topology } from '../topologies.ts';

const openmetrics = 'application/openmetrics-text;version=1.0.0';

let server: RunningServer;
let agent: Agent;
let waiting = 0;
let broken = false;
const { logger, lines } = memoryLog();

beforeAll(async () => {
  const page = createPage(['production'], noProcessMetrics, manualClock());
  page.update('production', await partOf({ results: [succeeded(topology(threeBrokers))] }));
  const body: Page['body'] = async (format, encoding) => {
    if (broken) throw new Error('no page today');
    return page.body(format, encoding);
  };
  const app = createApp({
    page: { ...page, body },
    status: createStatusFeed(manualClock()),
    notYetPolled: () => waiting,
    telemetryPath: '/scrape',
    logger,
  });
  server = await listen(app, { host: '127.0.0.1', port: 0 });
  agent = new Agent();
});
afterAll(async () => {
  await agent.destroy();
  await server.close();
});

async function get(path: string, headers: Readonly<Record<string, string>> = {}, method: 'GET' | 'HEAD' = 'GET') {
  const response = await request(`http://${server.address}${path}`, { method, headers, dispatcher: agent });
  const body = Buffer.from(await response.body.arrayBuffer());
  return { status: response.statusCode, headers: response.headers, body, text: body.toString() };
}

describe('the metrics', () => {
  it('come in the text format 0.0.4, uncompressed, to whoever asks for nothing in particular', async () => {
    const { status, headers, text } = await get('/scrape');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers['content-encoding']).toBeUndefined();
    expect(valuesOf(readPage(text), 'up')).toEqual({ '': 1 });
  });

  it('come in OpenMetrics 1.0.0 to whoever prefers it', async () => {
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
  ])('come gzipped to whoever accepts %s', async (accepted) => {
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
  ])('come uncompressed to whoever accepts "%s"', async (accepted) => {
    const { status, headers, text } = await get('/scrape', { 'accept-encoding': accepted });
    expect([status, headers['content-encoding']]).toEqual([200, undefined]);
    expect(valuesOf(readPage(text), 'up')).toEqual({ '': 1 });
  });

  it.each([{}, { 'accept-encoding': 'gzip', accept: openmetrics }])('tell their length, with %o', async (asked) => {
    const { headers, body } = await get('/scrape', asked);
    expect(headers['content-length']).toBe(String(body.length));
  });

  it('tell caches what they depend on', async () => {
    expect((await get('/scrape')).headers.vary).toBe('accept, accept-encoding');
  });

  it.each([{}, { 'accept-encoding': 'gzip' }])('answer HEAD as GET, without the body, with %o', async (asked) => {
    const { status, headers, body } = await get('/scrape', asked, 'HEAD');
    const expected = (await get('/scrape', asked)).headers;
    expect([status, body.length]).toEqual([200, 0]);
    for (const name of ['content-type', 'content-length', 'content-encoding', 'vary']) {
      expect(headers[name], name).toEqual(expected[name]);
    }
  });

  it('stand at the path configured, nowhere else', async () => {
    expect((await get('/metrics')).status).toBe(404);
  });

  it('that cannot be made are a 500 to the client, and the reason goes to the log only', async () => {
    broken = true;
    const { status, text } = await get('/scrape');
    broken = false;
    expect(status).toBe(500);
    expect(text).not.toContain('no page today');
    expect(lines.at(-1)).toMatchObject({ path: '/scrape', err: { message: 'no page today' } });
    expect((await get('/scrape')).status).toBe(200);
  });
});

describe('/-/healthy', () => {
  it('is 200 while the process serves, polled or not', async () => {
    waiting = 1;
    expect((await get('/-/healthy')).status).toBe(200);
    waiting = 0;
    expect((await get('/-/healthy')).status).toBe(200);
  });
});

describe('/-/ready', () => {
  it('is 503 until every cluster has been polled, then 200', async () => {
    waiting = 2;
    const before = await get('/-/ready');
    expect([before.status, before.text]).toEqual([503, 'clusters not polled yet: 2\n']);
    waiting = 0;
    expect((await get('/-/ready')).status).toBe(200);
  });
});

describe('/', () => {
  it('is a page with links to the others', async () => {
    const { status, headers, text } = await get('/');
    expect(status).toBe(200);
    expect(headers['content-type']).toContain('text/html');
    const links = [...text.matchAll(/<a href="([^"]+)"/g)].map(
      ([, href = '']) => new URL(href, 'http://exporter/').pathname,
    );
    expect(links).toEqual(expect.arrayContaining(['/scrape', '/-/healthy', '/-/ready']));
  });

  it('does not lock browsers out of pages that have no TLS', async () => {
    const { headers } = await get('/');
    expect(headers['content-security-policy']).toContain('default-src');
    expect(headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
    expect(headers['strict-transport-security']).toBeUndefined();
  });
});

describe('any other path', () => {
  it.each(['/nothing', '/scrape/more', '/-/', '/-/quit'])('%s is a 404 in plain text', async (path) => {
    const { status, headers, text } = await get(path);
    expect(status).toBe(404);
    expect(headers['content-type']).toContain('text/plain');
    expect(text).toMatch(/^.+\n$/);
  });

  it('that is malformed is a 400, and no error of the exporter', async () => {
    const before = lines.length;
    expect((await get('/%E0%A4%A')).status).toBeLessThan(500);
    expect(lines).toHaveLength(before);
  });

  it('never tells what serves it', async () => {
    expect((await get('/scrape')).headers['x-powered-by']).toBeUndefined();
  });
});
