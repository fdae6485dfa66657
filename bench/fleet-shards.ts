import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { cpuFigure, p99, watch } from './fleet-watch.ts';
import { startFleetExporter, startNode, stopAll } from './processes.ts';
import { spread } from './statistics.ts';

const clusters = 1_000;
const shards = 4;

/** Measures 1,000 clusters divided among four exporters, beside one exporter that polls them all. */
export async function fleetShards(): Promise<readonly Figure[]> {
  const [fleet, other] = await Promise.all([1, 2].map(() => startNode(join(import.meta.dirname, 'fleet-clusters.ts'))));
  if (!fleet || !other) throw new Error('expected two fleets, got none');
  const parts = await Promise.all(
    Array.from({ length: shards }, (_, shard) =>
      startFleetExporter({
        address: fleet.address,
        count: clusters,
        flags: [`--shard=${shard}`, `--total-shards=${shards}`],
      }),
    ),
  );
  const whole = await startFleetExporter({ address: other.address, count: clusters });
  const { cpu, lateness } = await watch({ exporters: [...parts, whole], fleet });
  const memories = parts.map(({ memory }) => memory());
  await stopAll([...parts, whole, fleet, other]);
  const together = cpu(whole).map((_, window) => parts.reduce((sum, part) => sum + (cpu(part)[window] ?? 0), 0));
  return [
    cpuFigure('CPU of four shards together, against one exporter of all 1,000 clusters', together, cpu(whole), {
      target: 1.2,
    }),
    {
      what: 'resident memory of the largest of four shards',
      target: 200,
      unit: 'MB',
      better: 'less',
      reached: spread([Math.max(...memories)]),
      detail: memories.map((memory) => memory.toFixed(0)).join(', '),
    },
    {
      what: 'p99 of the lateness of polls by four shards',
      target: 100,
      unit: 'ms',
      better: 'less',
      reached: spread([p99(lateness)]),
      detail: `${lateness.length} polls`,
    },
  ];
}
