import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runExporter, startExporter } from './exporter.ts';
import { until } from './until.ts';

describe('the process', () => {
  it('is not ready until its cluster has been polled, and tells nothing of the cluster before', async () => {
    const gateway = await startSilentGateway();
    const exporter = await startExporter({ environment: { ZEEBE_REST_ADDRESS: gateway.address } });
    const request = await gateway.request();
    expect((await exporter.get('/-/healthy')).status).toBe(200);
    expect((await exporter.get('/-/ready')).status).toBe(503);
    const before = await exporter.scrape();
    expect(before.series('zeebe_topology_up')).toEqual([]);
    expect(before.value('zeebe_topology_polls_total')).toBe(0);
    expect(before.value('zeebe_topology_poll_interval_seconds')).toBe(15);

    request.writeHead(500).end();
    await until('it is ready', 30, async () => expect((await exporter.get('/-/ready')).status).toBe(200));
    const after = await exporter.scrape();
    expect(after.set('zeebe_topology_poll_failing', 'reason')).toEqual(['http_status']);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends at once on %s, with a poll under way, as a success', async (signal) => {
    const gateway = await startSilentGateway();
    const environment = {
      ZEEBE_REST_ADDRESS: gateway.address,
      ZEEBE_POLL_INTERVAL: '5m',
      ZEEBE_POLL_TIMEOUT: '5m',
    };
    const exporter = await startExporter({ environment });
    await gateway.request();

    exporter.running.signal(signal);
    const impatience = AbortSignal.timeout(5_000);
    await Promise.race([exporter.running.exited, once(impatience, 'abort')]);
    expect(impatience.aborted, 'whether it took more than five seconds').toBe(false);
    expect(await exporter.running.exited).toEqual({ code: 0, signal: null });
  });

  it('says all that is wrong with a configuration file, and does not start with it', async () => {
    const file = `
clusters:
  - { name: one, address: "http://127.0.0.1:1", poll_interval: soon }
  - { name: one, adress: "http://127.0.0.1:1" }
`;
    for (const flags of [['--config.check'], ['--web.listen-address=127.0.0.1:0']]) {
      const { code, output } = await runExporter({ file, flags });
      expect(code).toBe(1);
      for (const part of ['exporter.yaml', 'poll_interval', 'soon', 'adress', 'one']) expect(output).toContain(part);
      expect(output).not.toContain('listening');
    }
  });

  it('finds nothing wrong with a good configuration file, and does not listen to say so', async () => {
    const file = 'clusters: [{ name: one, address: "http://127.0.0.1:1" }]';
    const { code, output } = await runExporter({ file, flags: ['--config.check'] });
    expect(code).toBe(0);
    expect(output).not.toContain('listening');
  });

  it('fails with a message where another process has its port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const { code, output } = await runExporter({ flags: [`--web.listen-address=127.0.0.1:${port}`] });
    expect(code).toBe(1);
    expect(output).toContain(`127.0.0.1:${port}`);
    expect(output).toMatch(/in use/);
  });
});

interface SilentGateway {
  readonly address: string;
  /** The next request; it stays without an answer unless the test gives one. */
  request(): Promise<ServerResponse>;
}

async function startSilentGateway(): Promise<SilentGateway> {
  const server = createServer().listen(0, '127.0.0.1');
  const arrived = once(server, 'request');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async request() {
      const [, response] = (await arrived) as [unknown, ServerResponse];
      return response;
    },
  };
}
