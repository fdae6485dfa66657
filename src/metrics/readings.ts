import type { MetricObjectWithValues, MetricValue, Registry } from 'prom-client';
import { and, bucketBound, type Labels, labels, sample } from './exposition.ts';

type Reading = MetricObjectWithValues<MetricValue<string>>;

/** What prom-client's instruments hold at one moment, by family name. */
export type Readings = ReadonlyMap<string, Reading>;

/**
 * Only ever as JSON: rendering OpenMetrics would rename a registry's counters for good, and the text cannot be joined.
 */
export async function readRegistry(registry: Registry): Promise<Readings> {
  // The declared type leaves out the values that are there.
  const readings = (await registry.getMetricsAsJSON()) as Reading[];
  return new Map(readings.map((reading) => [reading.name, reading]));
}

/** The lines of one reading, each with the labels given in front; nothing where there is no reading. */
export function readingLines(reading: Reading | undefined, shared?: Labels): string {
  if (!reading) return '';
  return reading.values
    .map(({ value, labels: own, ...parts }) => {
      const name = 'metricName' in parts && typeof parts.metricName === 'string' ? parts.metricName : reading.name;
      return sample(name, joined(shared, ownLabels(own)), value);
    })
    .join('');
}

function ownLabels(own: MetricValue<string>['labels']): Labels | undefined {
  const pairs = Object.entries(own).map(([name, value]): [string, string] => [
    name,
    name === 'le' ? bucketBound(value ?? '') : String(value),
  ]);
  return pairs.length === 0 ? undefined : labels(Object.fromEntries(pairs));
}

function joined(shared: Labels | undefined, own: Labels | undefined): Labels | '' {
  return shared && own ? and(shared, own) : (shared ?? own ?? '');
}
