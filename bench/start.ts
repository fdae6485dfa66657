import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { freePorts } from '../test/e2e/ports.ts';
import type { Effort } from './effort.ts';
import type { Figure } from './figure.ts';
import { exporterFlags, exporterMain, startCluster } from './processes.ts';
import { interleaved, ratios, spread } from './statistics.ts';

/** From the start of the process to the first answer. */
export async function start({ rounds }: Effort): Promise<readonly Figure[]> {
  const cluster = await startCluster('S', 1);
  const results = await interleaved(rounds * 2, {
    node: async () => {
      const startedAt = performance.now();
      spawnSync(process.execPath, ['-e', '0']);
      return performance.now() - startedAt;
    },
    exporter: () => startOnce(cluster.address),
  });
  await cluster.stop();
  return [
    {
      what: 'start, process to first answer of /-/healthy, against `node -e 0`',
      target: 5,
      unit: 'times',
      better: 'less',
      reached: ratios(results.exporter, results.node),
      detail: `${spread(results.exporter).median.toFixed(0)} to ${spread(results.node).median.toFixed(0)} ms`,
    },
  ];
}

async function startOnce(cluster: string): Promise<number> {
  const [port = 0] = await freePorts(1);
  const flags = exporterFlags(cluster, '10m').filter((flag) => !flag.startsWith('--web.listen-address'));
  const startedAt = performance.now();
  const child = spawn(process.execPath, [exporterMain, ...flags, `--web.listen-address=127.0.0.1:${port}`], {
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  while (!(await isHealthy(port))) {
    if (performance.now() - startedAt > 20_000) throw new Error('expected an answer of /-/healthy within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const took = performance.now() - startedAt;
  child.kill('SIGTERM');
  await exited;
  return took;
}

async function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/-/healthy' }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200));
    });
    asked.on('error', () => resolve(false)).end();
  });
}
