import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { percent, watch } from './fleet-watch.ts';
import { startFleetExporter, startNode, stopAll } from './processes.ts';
import { ratios } from './statistics.ts';

const counts = [10, 100, 1_000] as const;

/** Measures exporters of 10, 100 and 1,000 clusters at the same time. */
export async function fleetGrowth(): Promise<readonly Figure[]> {
  const fleet = await startNode(join(import.meta.dirname, 'fleet-clusters.ts'));
  const exporters = await Promise.all(counts.map((count) => startFleetExporter({ address: fleet.address, count })));
  const { cpu } = await watch({ exporters, fleet });
  await stopAll([...exporters, fleet]);
  const [ten = [], hundred = [], thousand = []] = exporters.map(cpu);
  const times = (shares: readonly number[], factor: number) => shares.map((share) => share * factor);
  return [
    {
      what: 'CPU with 1,000 clusters, against 10 times that with 100',
      target: 1.1,
      unit: 'times',
      better: 'less',
      reached: ratios(thousand, times(hundred, 10)),
      isUnchecked: true,
      detail: `${percent(thousand)} against ${percent(hundred)} of a core`,
    },
    {
      what: 'CPU with 100 clusters, against 10 times that with 10',
      target: 1.1,
      unit: 'times',
      better: 'less',
      reached: ratios(hundred, times(ten, 10)),
      isUnchecked: true,
      detail: `${percent(hundred)} against ${percent(ten)} of a core`,
    },
  ];
}
