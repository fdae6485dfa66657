import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { interval, p99, watch } from './fleet-watch.ts';
import { responseOf, startFleetExporter, startNode, stopAll } from './processes.ts';
import { spread } from './statistics.ts';

const half = 500;

/** Measures the polls of 500 good clusters while 500 others fail in every way of docs/reliability.md. */
export async function fleetFailing(): Promise<readonly Figure[]> {
  const fleet = await startNode(join(import.meta.dirname, 'fleet-clusters.ts'));
  const failing = await startNode(join(import.meta.dirname, 'fleet-faults.ts'));
  const origins: readonly string[] = JSON.parse((await responseOf(failing.address)).toString());
  const others = Array.from({ length: half }, (_, index) => origins[index % origins.length] ?? '');
  const exporter = await startFleetExporter({ address: fleet.address, count: half, others });
  const { stalls, lateness } = await watch({ exporters: [exporter], fleet });
  const page = (await responseOf(`${exporter.address}/metrics`)).toString();
  await stopAll([exporter, failing, fleet]);
  const upOf = (name: string) => page.match(new RegExp(`^zeebe_topology_up{zeebe_cluster="${name}-\\d+"} 1$`, 'gm'));
  const up = upOf('cluster')?.length ?? 0;
  if (up < half || upOf('other')) throw new Error(`expected ${half} clusters that are up, got ${up}`);
  return [
    {
      what: 'p99 of the lateness of polls of 500 clusters while 500 others fail in every way',
      target: 100,
      unit: 'ms',
      better: 'less',
      reached: spread([p99(lateness)]),
      detail: `${lateness.length} polls, every ${interval / 1_000} s; none of them failed`,
    },
    {
      what: 'longest stall while 500 of 1,000 clusters fail in every way',
      target: 60,
      unit: 'ms',
      better: 'less',
      reached: spread(stalls),
      detail: `${origins.length} ways to fail`,
      reason:
        'one of them is a response with a million values, which takes 50 to 150 ms to parse; polls of the others ' +
        'may be late by that once in an interval',
    },
  ];
}
