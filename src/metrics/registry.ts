import type { MetricObjectWithValues, MetricValue, Registry } from 'prom-client';
import { addSample, bucketBound, type Labels, labels } from './family.ts';

/** The values of one metric of prom-client at one moment. */
type MetricValues = MetricObjectWithValues<MetricValue<string>>;

/**
 * Reads a registry as JSON, never as text: rendering OpenMetrics renames the counters of a registry permanently, and
 * the texts of two registries cannot be joined.
 */
export async function readRegistry(registry: Registry): Promise<readonly MetricValues[]> {
  // The declared type lacks the values.
  return (await registry.getMetricsAsJSON()) as MetricValues[];
}

export function linesOfMetric(metric: MetricValues): string {
  const pieces: string[] = [];
  for (const { value, labels: own, ...parts } of metric.values) {
    const name = 'metricName' in parts && typeof parts.metricName === 'string' ? parts.metricName : metric.name;
    addSample(pieces, name, labelsOf(own), value);
  }
  return pieces.join('');
}

function labelsOf(own: MetricValue<string>['labels']): Labels {
  const pairs = Object.entries(own).map(([name, value = '']) => [name, name === 'le' ? bucketBound(value) : value]);
  return labels(Object.fromEntries(pairs));
}
