import type { RequestListener } from 'node:http';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { client, cluster, configOf, healthy, start } from '../exporting.ts';
import { memoryLog } from '../memory-log.ts';
import { readPage, samplesOf } from '../metrics/pages.ts';
import { withoutProxy } from '../transport/without-proxy.ts';

beforeEach(withoutProxy);
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Starts an exporter that polls one cluster at the start and when it is probed. A reload removes that cluster. */
async function probed(answer: RequestListener) {
  const only = await cluster('production', answer, { pollInterval: 600_000, pollTimeout: 60_000 });
  const other = await cluster('other', healthy, { pollInterval: 600_000 });
  const exporter = await start(configOf([only]), memoryLog().logger, () => ({
    config: configOf([other]),
    notices: [],
  }));
  const dispatcher = new Agent();
  onTestFinished(() => dispatcher.destroy());
  const probe = async (seconds: string) => {
    const { statusCode, body } = await request(`http://${exporter.addresses[0]}/probe?cluster=production`, {
      dispatcher,
      headers: { 'x-prometheus-scrape-timeout-seconds': seconds },
    });
    return { status: statusCode, text: await body.text() };
  };
  return { probe, ...client(exporter) };
}

describe('GET /probe with a scrape timeout', () => {
  it.each(['60', '59.9', '1e2'])('responds with the series of a poll that ends within %s s', async (seconds) => {
    const { probe } = await probed(healthy);
    await probe(seconds);
    const { status, text } = await probe(seconds);
    expect(status).toBe(200);
    const page = readPage(text);
    expect(samplesOf(page, 'up').map(({ labels, value }) => [labels.zeebe_cluster, value])).toEqual([
      ['production', 1],
    ]);
    expect(samplesOf(page, 'polls_total')[0]?.value).toBeGreaterThan(1);
  });

  it('responds with 503, not with older series, if a reload cancels the poll', async () => {
    const arrived = Promise.withResolvers<void>();
    const { probe, reload } = await probed(() => arrived.resolve());
    const answer = probe('60');
    await arrived.promise;
    await reload();
    expect(await answer).toMatchObject({ status: 503, text: expect.stringContaining('was cancelled') });
  });
});
