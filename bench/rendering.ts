import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Effort } from './effort.ts';
import type { Figure } from './figure.ts';
import type { TenantSize } from './sizes.ts';
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
  const tenants = await interleaved(rounds, {
    one: () => timed('parse-and-render', '1x1000'),
    twenty: () => timed('parse-and-render', '20x50'),
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
    {
      what: '20 physical tenants of 50 partitions against one of 1,000, JSON to text',
      target: 1.2,
      unit: 'times',
      better: 'less',
      reached: ratios(tenants.twenty, tenants.one),
      detail: `${spread(tenants.twenty).median.toFixed(1)} against ${spread(tenants.one).median.toFixed(1)} ms`,
    },
  ];
}

/** Returns the median in milliseconds, measured in a separate process. */
async function timed(
  what: 'prom-client' | 'render' | 'parse-and-render',
  size: 'M' | 'L' | TenantSize,
): Promise<number> {
  const script = join(import.meta.dirname, 'topology-to-text.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, what, size]);
  return Number(stdout);
}

function microseconds(times: readonly number[]): string {
  return (spread(times).median * 1_000).toFixed(2);
}
