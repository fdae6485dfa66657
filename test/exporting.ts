import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import { Agent, request } from 'undici';
import { onTestFinished } from 'vitest';
import { systemClock } from '../src/clock.ts';
import type { Load } from '../src/cluster/reload.ts';
import type { ClusterConfig, Config, ListenAddress } from '../src/config/config.ts';
import { type Exporter, startExporter } from '../src/exporter.ts';
import { memoryLog } from './memory-log.ts';
import { readPage, samplesOf } from './metrics/pages.ts';
import type { Sample } from './metrics/strict-parser.ts';
import { clusterConfig } from './polls.ts';
import { recorded } from './topologies.ts';
import { httpServer } from './transport/loopback.ts';

const anyPort: ListenAddress = { host: '127.0.0.1', port: 0 };

export const healthy: RequestListener = (_request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(recorded('8.6.0-3x3x3-healthy'));
};

/** Starts a server that answers as a cluster, and returns the configuration to poll it ten times a second. */
export async function cluster(name: string, answer: RequestListener, more: Partial<ClusterConfig> = {}) {
  const address = new URL(await httpServer(answer));
  return clusterConfig({ name, address, pollInterval: 100, pollTimeout: 10_000, ...more });
}

export function configOf(clusters: readonly ClusterConfig[], more: Partial<Config> = {}): Config {
  return {
    clusters,
    web: { listenAddresses: [anyPort], telemetryPath: '/metrics' },
    log: { level: 'debug', format: 'json' },
    ...more,
  };
}

/** Starts an exporter, and stops it at the end of the test. */
export async function start(config: Config, logger: Logger = memoryLog().logger, load?: Load): Promise<Exporter> {
  const exporter = await startExporter(config, logger, systemClock, load);
  onTestFinished(() => exporter.stop());
  return exporter;
}

export function client({ addresses: [address] }: Exporter) {
  const dispatcher = new Agent();
  onTestFinished(() => dispatcher.destroy());
  const get = async (path: string) => {
    const { statusCode, body } = await request(`http://${address}${path}`, { dispatcher });
    return { status: statusCode, text: await body.text() };
  };
  const reload = async () => {
    const { statusCode, body } = await request(`http://${address}/-/reload`, { dispatcher, method: 'POST' });
    return { status: statusCode, text: await body.text() };
  };
  return { get, reload, read: async () => readPage((await get('/metrics')).text) };
}

type Page = Awaited<ReturnType<ReturnType<typeof client>['read']>>;

export function ofCluster(page: Page, name: string, cluster: string): readonly Sample[] {
  return samplesOf(page, name).filter(({ labels }) => labels.zeebe_cluster === cluster);
}

export function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, { value }) => total + value, 0);
}
