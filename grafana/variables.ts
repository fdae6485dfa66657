import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';

/** The data source that is selected: that of each panel and query. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
export const datasource = { type: 'prometheus', uid: '${datasource}' };

const datasourceVariable = new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus');

const job = selection('job', 'Job', 'label_values(zeebe_topology_exporter_build_info, job)');
const instance = selection(
  'instance',
  'Exporter',
  'label_values(zeebe_topology_exporter_build_info{job=~"$job"}, instance)',
);
// Of the cluster's families this one alone is there before the first poll has ended.
const cluster = selection(
  'zeebe_cluster',
  'Zeebe cluster',
  'label_values(zeebe_topology_poll_interval_seconds{job=~"$job", instance=~"$instance"}, zeebe_cluster)',
);

/** Of both dashboards, so that a link from one to the other keeps the selection. */
export const variables = [datasourceVariable, job, instance, cluster];

/** One, several or all: only where several may be chosen does Grafana escape the values for `=~`. */
function selection(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query({ query, refId: name })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+');
}
