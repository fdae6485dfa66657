import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { freePorts } from '../test/e2e/ports.ts';
import type { Effort } from './effort.ts';
import type { Figure } from './figure.ts';
import { exporterFlags, exporterMain, startCluster } from './processes.ts';
import { interleaved, ratios, spread } from './statistics.ts';

/** Measures the time from the start of the process to the first response. */
export async function start({ rounds }: Effort): Promise<readonly Figure[]> {
  const cluster = await startCluster('S', 1);
  const untilReady: number[] = [];
  const results = await interleaved(rounds * 2, {
    node: async () => {
      const startedAt = performance.now();
      spawnSync(process.execPath, ['-e', '0']);
      return performance.now() - startedAt;
    },
    exporter: async () => {
      const { healthy, ready } = await startOnce(cluster.address);
      untilReady.push(ready);
      return healthy;
    },
  });
  await cluster.stop();
  return [
    {
      what: 'start, process to first answer of /-/healthy, against `node -e 0`',
      target: 5,
      unit: 'times',
      better: 'less',
      reached: ratios(results.exporter, results.node),
      detail:
        `${spread(results.exporter).median.toFixed(0)} against ${spread(results.node).median.toFixed(0)} ms; ` +
        `the first poll is on the page after ${spread(untilReady).median.toFixed(0)} ms`,
    },
  ];
}

/** Milliseconds. */
interface Start {
  readonly healthy: number;
  readonly ready: number;
}

async function startOnce(cluster: string): Promise<Start> {
  const [port = 0] = await freePorts(1);
  const flags = exporterFlags(cluster, '10m').filter((flag) => !flag.startsWith('--web.listen-address'));
  const startedAt = performance.now();
  const child = spawn(process.execPath, [exporterMain, ...flags, `--web.listen-address=127.0.0.1:${port}`], {
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  const until = async (path: string) => {
    while (!(await answers(port, path))) {
      if (performance.now() - startedAt > 20_000) throw new Error(`expected a response of ${path} within 20 s`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return performance.now() - startedAt;
  };
  const start = { healthy: await until('/-/healthy'), ready: await until('/-/ready') };
  child.kill('SIGTERM');
  await exited;
  return start;
}

async function answers(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200));
    });
    asked.on('error', () => resolve(false)).end();
  });
}
