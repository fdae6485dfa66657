import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import express, { type RequestHandler } from 'express';
import { request } from 'undici';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { pageFiles, statusPage } from '../../src/http/status-page.ts';
import { noHistory } from '../../src/poll/events.ts';
import { createStatusFeed, type StatusFeed } from '../../src/status/status-feed.ts';
import { manualClock } from '../manual-clock.ts';
import { stateAfter, succeeded } from '../polls.ts';
import { threeBrokers, topology } from '../topologies.ts';

const well = stateAfter([succeeded(topology(threeBrokers))]);

let feed: StatusFeed;
beforeEach(() => {
  feed = createStatusFeed(manualClock());
  feed.update(well, noHistory);
});

/** The status page on loopback, for one test. */
async function serve(telemetryPath = '/metrics') {
  return serveOn(statusPage(feed, telemetryPath));
}

async function serveOn(handler: RequestHandler) {
  const server = express().disable('etag').use(handler).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return async (path: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' | 'POST' = 'GET') => {
    const response = await request(`http://127.0.0.1:${port}${path}`, { method, headers });
    const body = Buffer.from(await response.body.arrayBuffer());
    return { status: response.statusCode, headers: response.headers, body, text: body.toString() };
  };
}

describe('the status page', () => {
  it('links to the metrics, the probes and its data, relative to where it is', async () => {
    const get = await serve('/own/path&more');
    const { headers, text } = await get('/');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    for (const path of ['./own/path&amp;more', './-/healthy', './-/ready', './api/v1/clusters']) {
      expect(text).toContain(`href="${path}"`);
    }
  });

  it('lets nothing in but its own files', async () => {
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

  it('sends nothing that only TLS can keep', async () => {
    const get = await serve();
    const { headers } = await get('/');
    expect(headers).not.toHaveProperty('strict-transport-security');
    expect(String(headers['content-security-policy'])).not.toContain('upgrade-insecure-requests');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
  });

  it('serves each of its files with its type, and tells one that has not changed', async () => {
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

  it('opens no file for a request', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'page-'));
    writeFileSync(join(folder, 'one.js'), 'export {};');
    const files = pageFiles(pathToFileURL(`${folder}/`));
    rmSync(folder, { recursive: true });
    const get = await serveOn(files);
    expect(await get('/one.js')).toMatchObject({ status: 200, text: 'export {};' });
  });

  it('serves nothing beside its files', async () => {
    const get = await serve();
    for (const path of ['/../status-page.ts', '/%2e%2e/status-page.ts', '/..%2fstatus-page.ts', '/nothing.js']) {
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    }
  });
});

describe('GET /api/v1/clusters', () => {
  it('is the status document as JSON', async () => {
    const get = await serve();
    const { status, headers, text } = await get('/api/v1/clusters');
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' });
    expect(text).toBe(feed.document().json.toString());
  });

  it('is compressed for who can read that', async () => {
    const get = await serve();
    const { headers, body } = await get('/api/v1/clusters', { 'accept-encoding': 'gzip' });
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(gunzipSync(body).toString()).toBe(feed.document().json.toString());
  });

  it('answers 304 until something has changed', async () => {
    const get = await serve();
    const { etag } = (await get('/api/v1/clusters')).headers;
    const since = { 'if-none-match': String(etag) };
    expect(await get('/api/v1/clusters', since)).toMatchObject({ status: 304, text: '' });
    feed.update(well, noHistory);
    expect(await get('/api/v1/clusters', since)).toMatchObject({ status: 200 });
  });

  it('has the same headers and no body for HEAD', async () => {
    const get = await serve();
    const { status, headers, text } = await get('/api/v1/clusters', {}, 'HEAD');
    expect([status, text, Number(headers['content-length'])]).toEqual([200, '', feed.document().json.length]);
  });
});
