/** `metric{…}` of the selected exporters. */
export function ofExporter(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${['job=~"$job"', 'instance=~"$instance"', ...matchers].join(', ')}}`;
}

/** `metric{…}` of the selected clusters and exporters. */
export function ofCluster(metric: string, ...matchers: readonly string[]): string {
  return ofExporter(metric, 'zeebe_cluster=~"$zeebe_cluster"', ...matchers);
}

/**
 * `metric{…}` of the selected clusters, exporters and physical tenants. Clusters that are polled without physical tenants
 * lack the label, and are selected with all tenants.
 */
export function ofTenant(metric: string, ...matchers: readonly string[]): string {
  return ofCluster(metric, 'physical_tenant=~"$physical_tenant"', ...matchers);
}

/** Appends the physical tenant, if there is one, to the name of the cluster: `inventory / orders`. For legends. */
export function namedByTenant(expression: string): string {
  const separated = `label_replace(${expression}, "physical_tenant", " / $1", "physical_tenant", "(.+)")`;
  return `label_join(${separated}, "zeebe_cluster", "", "zeebe_cluster", "physical_tenant")`;
}

/** The firing alerts. The empty alternatives (`|`) match alerts without these labels, such as ExporterDown. */
export const firingAlerts =
  'ALERTS{alertname=~"ZeebeTopology.+", alertstate="firing", job=~"$job|", instance=~"$instance|", ' +
  'zeebe_cluster=~"$zeebe_cluster|", physical_tenant=~"$physical_tenant|"}';

/** The index, among `values`, of the series of a 0/1 set that is 1; `of` selects its series. */
export function indexIn(of: typeof ofCluster, metric: string, label: string, values: readonly string[]): string {
  const weighted = values.map((value, place) => `${place} * ${of(metric, `${label}="${value}"`)}`);
  return `sum without (${label}) (${weighted.join(' or ')})`;
}

/** Removes the metric name, so that several metrics with the same labels become one row of a table. */
export function withoutName(expression: string): string {
  return `max without () (${expression})`;
}

/** The rate per second, over Grafana's rate interval. */
export function rate(series: string): string {
  return `rate(${series}[$__rate_interval])`;
}

/** The increase over the time range of the dashboard, for tables. */
export function increase(series: string): string {
  return `increase(${series}[$__range])`;
}
