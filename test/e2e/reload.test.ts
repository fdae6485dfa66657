import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { recorded } from '../topologies.ts';
import { type Exporter, startExporter } from './exporter.ts';
import { createSystemFolder } from './process.ts';
import { until } from './until.ts';

async function startGateway(): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(recorded('8.6.0-3x3x3-healthy'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts the exporter with a configuration file that the test can change. */
async function startWithFile(text: string) {
  const { data } = await createSystemFolder('configuration');
  const path = join(data, 'exporter.yaml');
  await writeFile(path, text);
  const exporter = await startExporter({ flags: [`--config.file=${path}`] });
  return { exporter, write: (next: string) => writeFile(path, next) };
}

function described(address: string, ...names: readonly string[]): string {
  return JSON.stringify({ poll_interval: '1s', clusters: names.map((name) => ({ name, address })) });
}

async function clustersUp(exporter: Exporter): Promise<readonly (string | undefined)[]> {
  return (await exporter.scrape()).series('zeebe_topology_up').map(({ labels }) => labels.zeebe_cluster);
}

const reloads = {
  SIGHUP: async ({ running }: Exporter) => running.signal('SIGHUP'),
  'POST /-/reload': async ({ address }: Exporter) => {
    await (await fetch(`http://${address}/-/reload`, { method: 'POST' })).text();
  },
};

describe.each(Object.entries(reloads))('a reload by %s', (_how, reload) => {
  it('applies a valid configuration, and keeps the old one if the new one is invalid', async () => {
    const address = await startGateway();
    const { exporter, write } = await startWithFile(described(address, 'one', 'two'));
    await until('both are up', 30, async () => expect(await clustersUp(exporter)).toEqual(['one', 'two']));
    const polls = async () =>
      (await exporter.scrape()).value('zeebe_topology_polls_total', { zeebe_cluster: 'two' }) ?? 0;
    await until('a few polls', 30, async () => expect(await polls()).toBeGreaterThan(1));
    const before = await polls();

    await write(described(address, 'three', 'two'));
    await reload(exporter);
    await until('the new one is up', 30, async () => expect(await clustersUp(exporter)).toEqual(['three', 'two']));
    expect(await polls()).toBeGreaterThanOrEqual(before);
    expect(exporter.running.output()).toContain('1 unchanged, 1 new (three), 1 removed (one)');

    await write('clusters: [{ name: one }, { name: one }]');
    await reload(exporter);
    const success = 'zeebe_topology_exporter_config_last_reload_successful';
    await until('the metric shows the result', 30, async () =>
      expect((await exporter.scrape()).value(success)).toBe(0),
    );
    expect(exporter.running.output()).toContain('a name that no other cluster has');
    expect(await clustersUp(exporter)).toEqual(['three', 'two']);

    await write(described(address, 'two'));
    await reload(exporter);
    await until('the metric shows the result', 30, async () =>
      expect((await exporter.scrape()).value(success)).toBe(1),
    );
    expect(await clustersUp(exporter)).toEqual(['two']);
  });
});
