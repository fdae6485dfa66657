import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClusterConfig } from '../../src/config/config.ts';
import { createDebugReports } from '../../src/debug-reports.ts';
import { Secret } from '../../src/secret.ts';
import { oauthEnv, provider, cluster as simulated } from '../check/checking.ts';
import { onlyCluster } from '../config/loading.ts';
import { client, configOf, healthy, start } from '../exporting.ts';
import { manualClock } from '../manual-clock.ts';
import { valuesOf } from '../metrics/pages.ts';
import { clusterConfig } from '../polls.ts';
import { httpServer } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';

beforeEach(withoutProxy);
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Starts an exporter with the cluster of the environment, which is not polled by itself. */
async function probeOf(env: Readonly<Record<string, string>>) {
  const cluster = onlyCluster({ env: { ...env, ZEEBE_POLL_INTERVAL: '0' } });
  const { get, read } = client(await start(configOf([cluster])));
  return { debug: () => get('/probe?cluster=default&debug=true'), read };
}

describe('GET /probe with debug=true', () => {
  it('responds with the steps of a poll that succeeds, without the settings', async () => {
    const [identity, { address }] = [await provider(), await simulated()];
    const { debug } = await probeOf(oauthEnv(address, identity.tokenUrl));
    const { status, text } = await debug();
    expect(status).toBe(200);
    const steps = [...text.matchAll(/^ {2}[^ ] ([^:\n]+)/gm)].map(([, step]) => step);
    expect(steps).toEqual([
      'Connection to the cluster',
      'TLS of the cluster',
      'Connection to the identity provider',
      'TLS of the identity provider',
      'Token request',
      'Token',
      'Topology',
      'Verdict',
    ]);
    expect(text).toMatch(/^default\n/);
    expect(text).toMatch(/\nThe cluster can be polled\.\n$/);
  });

  it('responds with the step that fails and the setting to change, without secrets', async () => {
    const [identity, { address }] = [await provider(), await simulated()];
    const { debug } = await probeOf({ ...oauthEnv(address, identity.tokenUrl), CAMUNDA_CLIENT_SECRET: 'OPENSESAME' });
    const { status, text } = await debug();
    expect(status).toBe(200);
    expect(text).toContain('✗ Token request');
    expect(text).toContain('Check CAMUNDA_CLIENT_ID and CAMUNDA_CLIENT_SECRET');
    expect(text).toMatch(/\nThe cluster cannot be polled\.\n$/);
    expect(text).not.toContain('OPENSESAME');
  });

  it('shows no secret that the cluster sends back', async () => {
    const echo: RequestListener = (request, response) => {
      response.writeHead(302, { location: `/login?sent=${encodeURIComponent(request.rawHeaders.join(' '))}` }).end();
    };
    const cluster = clusterConfig({
      address: new URL(await httpServer(echo)),
      pollInterval: 0,
      authentication: { method: 'basic', username: 'demo', password: new Secret('OPENSESAME') },
      headers: { 'x-key': new Secret('SHIBBOLETH') },
    });
    const { get } = client(await start(configOf([cluster])));
    const { text } = await get('/probe?cluster=production&debug=true');
    expect(text).toContain('/login');
    for (const secret of ['OPENSESAME', 'SHIBBOLETH', Buffer.from('demo:OPENSESAME').toString('base64')]) {
      expect(text).not.toContain(secret);
    }
  });

  it('counts no poll and changes no series', async () => {
    const { address } = await simulated();
    const { debug, read } = await probeOf({ ZEEBE_REST_ADDRESS: String(address) });
    expect((await debug()).status).toBe(200);
    const page = await read();
    expect(valuesOf(page, 'polls_total')).toEqual({ '': 0 });
    expect(valuesOf(page, 'up')).toEqual({});
  });
});

describe('the steps of a poll', () => {
  /** A cluster that counts its requests. */
  async function counted(probeMinInterval = 0) {
    let requests = 0;
    let mayPoll = true;
    const answer: RequestListener = (request, response) => {
      requests++;
      healthy(request, response);
    };
    const cluster = clusterConfig({ address: new URL(await httpServer(answer)), probeMinInterval });
    const clock = manualClock();
    const stopping = new AbortController();
    const reports = createDebugReports({ mayPoll: () => mayPoll, clock, stopping: stopping.signal });
    const report = (of: ClusterConfig) => reports({ cluster: of, requestsApart: () => undefined });
    const lead = (leads: boolean) => {
      mayPoll = leads;
    };
    return { cluster, clock, stopping, lead, report, requests: () => requests };
  }

  it('are carried out once for requests at the same time and within 5 s', async () => {
    const { cluster, clock, report, requests } = await counted();
    const [first, second] = await Promise.all([report(cluster), report(cluster)]);
    expect(second).toBe(first);
    clock.advance(4_999);
    expect(await report(cluster)).toBe(first);
    expect(requests()).toBe(1);
    clock.advance(1);
    await report(cluster);
    expect(requests()).toBe(2);
  });

  it('are not carried out again before the minimum interval of probes, if that is longer', async () => {
    const { cluster, clock, report, requests } = await counted(60_000);
    await report(cluster);
    clock.advance(59_999);
    await report(cluster);
    expect(requests()).toBe(1);
  });

  it('are carried out again if the settings have changed', async () => {
    const { cluster, report, requests } = await counted();
    await report(cluster);
    await report({ ...cluster });
    expect(requests()).toBe(2);
  });

  it('are not carried out while another exporter polls, which does not get the last report either', async () => {
    const { cluster, report, lead, requests } = await counted();
    lead(false);
    expect(await report(cluster)).toBeUndefined();
    expect(requests()).toBe(0);
    lead(true);
    const text = await report(cluster);
    lead(false);
    expect(await report(cluster)).toBeUndefined();
    lead(true);
    expect(await report(cluster)).toBe(text);
  });

  it('are no report if another exporter leads before the last one', async () => {
    const { cluster, report, lead } = await counted();
    const reported = report(cluster);
    lead(false);
    expect(await reported).toBeUndefined();
  });

  it('are no report after the exporter was stopped', async () => {
    const { cluster, stopping, report } = await counted();
    stopping.abort();
    expect(await report(cluster)).toBeUndefined();
  });
});
