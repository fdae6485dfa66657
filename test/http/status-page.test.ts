import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import express from 'express';
import { request } from 'undici';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import { createBacklog, createSender, maxBacklog } from '../../src/http/response.ts';
import { listen } from '../../src/http/server.ts';
import { createPageFiles } from '../../src/http/status-page.ts';
import { createPage } from '../../src/metrics/page.ts';
import { noHistory } from '../../src/poll/events.ts';
import { createStatusFeed, type StatusFeed } from '../../src/status/status-feed.ts';
import { manualClock } from '../manual-clock.ts';
import { memoryLog } from '../memory-log.ts';
import { noProcessMetrics } from '../metrics/pages.ts';
import { stateAfter, succeeded } from '../polls.ts';
import { threeBrokers, topology } from '../topologies.ts';

const well = stateAfter([succeeded(topology(threeBrokers))]);

let feed: StatusFeed;
beforeEach(() => {
  feed = createStatusFeed(manualClock());
  feed.update(well, noHistory);
});

const whole = async () => `${await feed.documentOf({ isSummary: false })?.json()}`;

/** Serves the app until the test has ended. */
async function serve(telemetryPath = '/metrics') {
  const app = createApp({
    page: createPage([], noProcessMetrics, manualClock()),
    status: feed,
    clusters: { all: () => [], named: () => undefined, absence: () => undefined, standsBy: () => false },
    debug: async () => undefined,
    reload: async () => ({ ok: true, message: '' }),
    telemetryPath,
    logger: memoryLog().logger,
  });
  return serveBy(app);
}

async function serveBy(handler: RequestListener) {
  const server = await listen(handler, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  return async (path: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' | 'POST' = 'GET') => {
    const response = await request(`http://${server.address}${path}`, { method, headers });
    const body = Buffer.from(await response.body.arrayBuffer());
    return { status: response.statusCode, headers: response.headers, body, text: body.toString() };
  };
}

describe('GET /api/v1/clusters with a query', () => {
  it('returns one cluster or summaries, and 404 for an unknown name', async () => {
    const get = await serve();
    const { text } = await get('/api/v1/clusters?cluster=production');
    expect(JSON.parse(text).clusters).toMatchObject([{ name: 'production', topology: {} }]);
    const summary = JSON.parse((await get('/api/v1/clusters?summary=true')).text).clusters;
    expect(summary).toMatchObject([{ name: 'production', verdict: 'healthy' }]);
    expect(summary[0]).not.toHaveProperty('topology');
    const unknown = await get('/api/v1/clusters?cluster=other');
    expect([unknown.status, unknown.text]).toEqual([404, 'no cluster of this name is configured\n']);
  });
});

describe('the status page', () => {
  it('links to the metrics, the health checks and its data by relative paths', async () => {
    const get = await serve('/own/path&more');
    const { headers, text } = await get('/');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    for (const path of ['./own/path&amp;more', './-/healthy', './-/ready', './api/v1/clusters']) {
      expect(text).toContain(`href="${path}"`);
    }
  });

  it('has a Content-Security-Policy that allows its own files only', async () => {
    const get = await serve();
    const policy = (await get('/')).headers['content-security-policy'];
    expect(String(policy).split(';').toSorted()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "img-src 'self'",
      "script-src 'self'",
      "style-src 'self'",
    ]);
  });

  it('sends no header that requires TLS', async () => {
    const get = await serve();
    const { headers } = await get('/');
    expect(headers).not.toHaveProperty('strict-transport-security');
    expect(String(headers['content-security-policy'])).not.toContain('upgrade-insecure-requests');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
  });

  it('serves each of its files with its type, and responds with 304 to the ETag', async () => {
    const get = await serve();
    const types: Record<string, string> = {
      css: 'text/css; charset=utf-8',
      html: 'text/html; charset=utf-8',
      js: 'text/javascript; charset=utf-8',
      svg: 'image/svg+xml',
    };
    for (const name of readdirSync(new URL('../../src/http/public/', import.meta.url))) {
      const { status, headers } = await get(`/${name}`);
      expect([name, status, headers['content-type']]).toEqual([name, 200, types[name.split('.').at(-1) ?? '']]);
      const again = await get(`/${name}`, { 'if-none-match': String(headers.etag) });
      expect([name, again.status]).toEqual([name, 304]);
    }
  });

  it('serves its files from memory', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'page-'));
    writeFileSync(join(folder, 'one.js'), 'export {};');
    const files = createPageFiles(pathToFileURL(`${folder}/`), createSender(createBacklog(maxBacklog)));
    rmSync(folder, { recursive: true });
    const get = await serveBy(express().use(files));
    expect(await get('/one.js')).toMatchObject({ status: 200, text: 'export {};' });
  });

  it('serves no file outside its folder', async () => {
    const get = await serve();
    for (const path of ['/../status-page.ts', '/%2e%2e/status-page.ts', '/..%2fstatus-page.ts', '/nothing.js']) {
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    }
  });
});

describe('GET /api/v1/clusters', () => {
  it('responds with the status document as JSON', async () => {
    const get = await serve();
    const { status, headers, text } = await get('/api/v1/clusters');
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' });
    expect(text).toBe(await whole());
  });

  it('responds with gzip if Accept-Encoding allows it', async () => {
    const get = await serve();
    const { headers, body } = await get('/api/v1/clusters', { 'accept-encoding': 'gzip' });
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(gunzipSync(body).toString()).toBe(await whole());
  });

  it('responds with 304 to the ETag until a status has changed', async () => {
    const get = await serve();
    const { etag } = (await get('/api/v1/clusters')).headers;
    const since = { 'if-none-match': String(etag) };
    expect(await get('/api/v1/clusters', since)).toMatchObject({ status: 304, text: '' });
    feed.update(well, noHistory);
    expect(await get('/api/v1/clusters', since)).toMatchObject({ status: 200 });
  });

  it('responds to HEAD with the same length and no body', async () => {
    const get = await serve();
    const { status, headers, text } = await get('/api/v1/clusters', {}, 'HEAD');
    expect([status, text, Number(headers['content-length'])]).toEqual([200, '', (await whole()).length]);
  });
});
