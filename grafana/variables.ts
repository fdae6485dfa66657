import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';

/** The selected data source, which every panel and query uses. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
export const datasource = { type: 'prometheus', uid: '${datasource}' };

const datasourceVariable = new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus');

const job = selection('job', 'Job', 'label_values(zeebe_topology_exporter_build_info, job)');
const instance = selection(
  'instance',
  'Exporter',
  'label_values(zeebe_topology_exporter_build_info{job=~"$job"}, instance)',
);
// This is the only metric of a cluster that exists before its first poll has ended.
const cluster = selection(
  'zeebe_cluster',
  'Zeebe cluster',
  'label_values(zeebe_topology_poll_interval_seconds{job=~"$job", instance=~"$instance"}, zeebe_cluster)',
);

// All tenants include the series without a tenant, as of clusters that are polled without physical tenants.
const tenant = selection(
  'physical_tenant',
  'Physical tenant',
  'label_values(zeebe_topology_physical_tenant_health{job=~"$job", instance=~"$instance", ' +
    'zeebe_cluster=~"$zeebe_cluster"}, physical_tenant)',
  '.*',
);

/** The variables of both dashboards, so that links between them keep the selection. */
export const variables = [datasourceVariable, job, instance, cluster, tenant];

/**
 * Selects one, several or all values; `all` is the regular expression for all. Grafana escapes values for `=~` only in a
 * variable with several values.
 */
function selection(name: string, label: string, query: string, all = '.+'): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query({ query, refId: name })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(all);
}
