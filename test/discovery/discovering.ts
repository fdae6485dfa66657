import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config, DiscoveryConfig } from '../../src/config/config.ts';
import { loadConfigFromFiles } from '../../src/config/load-config.ts';
import { client, start } from '../exporting.ts';
import { memoryLog } from '../memory-log.ts';

/** For what takes a moment on an idle machine. */
export const soon = { timeout: 20_000, interval: 20 };

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'discovery-'));
}

/** Loads a configuration file; its providers are refreshed all the time, or at an interval in milliseconds. */
export async function loaded(path: string, interval = 20): Promise<Config> {
  const { config } = await loadConfigFromFiles({ flags: { 'config.file': path }, env: {}, isTerminal: false });
  const { files, saas, kubernetes } = config.discovery ?? {};
  const discovery: DiscoveryConfig = {
    ...(files && { files: { ...files, interval } }),
    ...(saas && { saas: { ...saas, interval } }),
    ...(kubernetes && { kubernetes: { ...kubernetes, interval } }),
  };
  const web = { ...config.web, listenAddresses: [{ host: '127.0.0.1', port: 0 }] };
  return { ...config, web, ...(config.discovery && { discovery }) };
}

/** Starts the exporter with a configuration file, which each reload reads again. */
export async function startFrom(path: string, interval?: number) {
  const { logger, lines } = memoryLog();
  const load = () => loaded(path, interval);
  const exporter = await start(await load(), logger, async () => ({ config: await load(), notices: [] }));
  const { get, read, reload } = client(exporter);
  const names = async () => {
    const { clusters } = JSON.parse((await get('/api/v1/clusters')).text) as { clusters: { name: string }[] };
    return clusters.map(({ name }) => name);
  };
  return { lines, get, read, reload, names, stop: exporter.stop };
}
