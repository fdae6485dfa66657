import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { httpServer } from '../transport/loopback.ts';
import { clientAttacks } from './clients.ts';
import { hold, request, runExporter } from './exporter-process.ts';

/** A topology with 900 replicas. */
const topology = JSON.stringify({
  brokers: Array.from({ length: 30 }, (_, broker) => ({
    nodeId: broker,
    host: `zeebe-${broker}`,
    port: 26501,
    version: '8.6.0',
    partitions: Array.from({ length: 30 }, (_, index) => ({
      partitionId: index + 1,
      role: index === broker ? 'leader' : 'follower',
      health: 'healthy',
    })),
  })),
  clusterSize: 30,
  partitionsCount: 30,
  replicationFactor: 30,
  gatewayVersion: '8.6.0',
});

async function configuration(more = ''): Promise<string> {
  const address = await httpServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(topology);
  });
  return `${more}\nclusters: [{ name: a, address: '${address}' }]\n`;
}

describe('an exporter that clients attack', () => {
  it('answers scrapes of another address while one address keeps opening connections', async () => {
    const { port, ask } = await runExporter(await configuration());
    await hold(1_024, port, request('/metrics'));
    for (let scrapes = 0; scrapes < 40; scrapes++) {
      const scraper = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
      onTestFinished(() => void scraper.destroy());
      await once(scraper, 'connect');
      await hold(2, port, request('/metrics'));
      scraper.write(request('/metrics', 'GET', { connection: 'close' }));
      expect(await text(scraper)).toMatch(/^HTTP\/1\.1 200 /);
    }
    expect((await ask('/metrics')).body).toContain('zeebe_topology_up{zeebe_cluster="a"} 1');
  });

  it('needs less than 128 MiB of memory for pipelined responses that are not read', async () => {
    const { port, ask, peakMemory } = await runExporter(await configuration());
    // The response to a probe is large without compression. A copy for each reader would take 2 GiB.
    const paths = ['/api/v1/clusters', '/probe?cluster=a', '/sd', '/'];
    for (const path of paths) await ask(path);
    const before = peakMemory();
    for (const path of paths) {
      await hold(500, port, request(path).repeat(8));
      expect((await ask('/metrics')).status).toBe(200);
    }
    expect((peakMemory() - before) / 1024 / 1024).toBeLessThan(128);
  });

  it('shares one reload between thousands of POST /-/reload', async () => {
    const { port, ask, log } = await runExporter(await configuration());
    const reloads = await hold(1_000, port, request('/-/reload', 'POST').repeat(4));
    expect((await ask('/metrics')).status).toBe(200);
    for (const socket of reloads) socket.destroy();
    expect((await ask('/-/reload', { method: 'POST' })).status).toBe(200);
    const done = log().match(/"the configuration was read again/g) ?? [];
    expect(done.length).toBeGreaterThan(0);
    expect(done.length).toBeLessThan(400);
  });

  it('rejects reloads and reads of web pages of another site', async () => {
    const { ask, log } = await runExporter(await configuration('web: { allowed_hosts: [exporter.example] }'));
    const post = async (headers: Readonly<Record<string, string>>) =>
      (await ask('/-/reload', { method: 'POST', headers })).status;
    expect(await post({ origin: 'https://evil.example' })).toBe(403);
    expect(await post({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    const rebound = { host: 'evil.example:10650', origin: 'http://evil.example:10650' };
    expect(await post(rebound)).toBe(403);
    expect((await ask('/api/v1/clusters', { headers: rebound })).status).toBe(403);
    expect(log()).not.toContain('the configuration was read again');
    expect((await ask('/api/v1/clusters', { headers: { host: 'exporter.example:10650' } })).status).toBe(200);
  });

  it('answers all paths again after it had no free file descriptors', async () => {
    const { port, ask, openDescriptors } = await runExporter(await configuration(), { descriptors: 64 });
    const open = connect(port, '127.0.0.1');
    onTestFinished(() => void open.destroy());
    await once(open, 'connect');
    const held = await hold(100, port, 'GET /');
    await vi.waitFor(() => expect(openDescriptors()).toBe(64), { timeout: 30_000 });
    const paths = ['/', '/sd', '/api/v1/clusters', '/style.css'];
    open.write(paths.map((path) => request(path)).join(''));
    open.write(request('/metrics', 'HEAD', { connection: 'close' }));
    expect((await text(open)).match(/HTTP\/1\.1 \d+/g)).toHaveLength(5);
    for (const socket of held) socket.destroy();
    await vi.waitFor(async () => expect((await ask('/metrics')).status).toBe(200), { timeout: 30_000 });
    for (const path of paths) expect([path, (await ask(path)).status]).toEqual([path, 200]);
    expect((await ask('/-/reload', { method: 'POST' })).status).toBe(200);
    expect((await ask('/metrics', { method: 'HEAD' })).status).toBe(200);
  });
});

describe('docs/reliability.md', () => {
  it.each(clientAttacks)('names an existing test for the attack: $attack', ({ test: [file, title] }) => {
    expect(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')).toContain(`'${title}`);
  });
});
