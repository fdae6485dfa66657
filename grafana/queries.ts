/** `metric{…}` of the selected exporters. */
export function ofExporter(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${['job=~"$job"', 'instance=~"$instance"', ...matchers].join(', ')}}`;
}

/** `metric{…}` of the selected clusters and exporters. */
export function ofCluster(metric: string, ...matchers: readonly string[]): string {
  return ofExporter(metric, 'zeebe_cluster=~"$zeebe_cluster"', ...matchers);
}

/** The firing alerts. The empty alternatives (`|`) match alerts without these labels, such as ExporterDown. */
export const firingAlerts =
  'ALERTS{alertname=~"ZeebeTopology.+", alertstate="firing", job=~"$job|", instance=~"$instance|", ' +
  'zeebe_cluster=~"$zeebe_cluster|"}';

/** The index, among `values`, of the series of a 0/1 set that is 1. */
export function indexIn(metric: string, label: string, values: readonly string[]): string {
  const weighted = values.map((value, place) => `${place} * ${ofCluster(metric, `${label}="${value}"`)}`);
  return `sum without (${label}) (${weighted.join(' or ')})`;
}

/** The rate per second, over Grafana's rate interval. */
export function rate(series: string): string {
  return `rate(${series}[$__rate_interval])`;
}

/** The increase over the time range of the dashboard, for tables. */
export function increase(series: string): string {
  return `increase(${series}[$__range])`;
}
