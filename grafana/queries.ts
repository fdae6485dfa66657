/** `metric{…}` of the exporters that are selected. */
export function ofExporter(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${['job=~"$job"', 'instance=~"$instance"', ...matchers].join(', ')}}`;
}

/** `metric{…}` of the clusters that are selected, as the exporters that are selected tell it. */
export function ofCluster(metric: string, ...matchers: readonly string[]): string {
  return ofExporter(metric, 'zeebe_cluster=~"$zeebe_cluster"', ...matchers);
}

/** Firing alerts. Some have none of the labels, since they tell that there is nothing: `|` takes them in. */
export const firingAlerts =
  'ALERTS{alertname=~"ZeebeTopology.+", alertstate="firing", job=~"$job|", instance=~"$instance|", ' +
  'zeebe_cluster=~"$zeebe_cluster|"}';

/** Of a 0/1 set, the place of the value that holds among its values: 0 for the first. */
export function placeIn(metric: string, label: string, values: readonly string[]): string {
  const weighted = values.map((value, place) => `${place} * ${ofCluster(metric, `${label}="${value}"`)}`);
  return `sum without (${label}) (${weighted.join(' or ')})`;
}

/** A second, over what Grafana finds long enough for a rate. */
export function rate(series: string): string {
  return `rate(${series}[$__rate_interval])`;
}

/** Within all of the time that the dashboard shows: for tables. */
export function increase(series: string): string {
  return `increase(${series}[$__range])`;
}
