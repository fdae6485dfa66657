import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Effort } from './effort.ts';
import type { Figure } from './figure.ts';
import { interleaved, ratios, spread } from './statistics.ts';

/** Measures rendering a topology as text, without network. */
export async function rendering({ rounds }: Effort): Promise<readonly Figure[]> {
  const render = await interleaved(rounds, {
    promClient: () => timed('prom-client', 'L'),
    ours: () => timed('render', 'L'),
  });
  const whole = await interleaved(rounds, {
    M: () => timed('parse-and-render', 'M'),
    L: () => timed('parse-and-render', 'L'),
  });
  const perReplica = { M: whole.M.map((time) => time / 900), L: whole.L.map((time) => time / 24_000) };
  return [
    {
      what: 'rendering at L against setting and rendering the same with plain prom-client',
      target: 25,
      unit: 'times',
      better: 'more',
      reached: ratios(render.promClient, render.ours),
      detail: `${spread(render.ours).median.toFixed(1)} against ${spread(render.promClient).median.toFixed(0)} ms`,
    },
    {
      what: 'time per replica, L against M, JSON to text',
      target: 1.2,
      unit: 'times',
      better: 'less',
      reached: ratios(perReplica.L, perReplica.M),
      detail: `${microseconds(perReplica.L)} against ${microseconds(perReplica.M)} µs`,
    },
  ];
}

/** Returns the median in milliseconds, measured in a separate process. */
async function timed(what: 'prom-client' | 'render' | 'parse-and-render', size: 'M' | 'L'): Promise<number> {
  const script = join(import.meta.dirname, 'topology-to-text.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, what, size]);
  return Number(stdout);
}

function microseconds(times: readonly number[]): string {
  return (spread(times).median * 1_000).toFixed(2);
}
