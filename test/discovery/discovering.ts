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

/** Loads a configuration file; its providers are refreshed all the time. */
export async function loaded(path: string): Promise<Config> {
  const { config } = await loadConfigFromFiles({ flags: { 'config.file': path }, env: {}, isTerminal: false });
  const { files, saas } = config.discovery ?? {};
  const interval = 20;
  const discovery: DiscoveryConfig = {
    ...(files && { files: { ...files, interval } }),
    ...(saas && { saas: { ...saas, interval } }),
  };
  const web = { ...config.web, listenAddresses: [{ host: '127.0.0.1', port: 0 }] };
  return { ...config, web, ...(config.discovery && { discovery }) };
}

/** Starts the exporter with a configuration file, which each reload reads again. */
export async function startFrom(path: string) {
  const { logger, lines } = memoryLog();
  const exporter = await start(await loaded(path), logger, async () => ({ config: await loaded(path), notices: [] }));
  const { get, read, reload } = client(exporter);
  const names = async () => {
    const { clusters } = JSON.parse((await get('/api/v1/clusters')).text) as { clusters: { name: string }[] };
    return clusters.map(({ name }) => name);
  };
  return { lines, get, read, reload, names };
}
