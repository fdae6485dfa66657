import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';
import type { AlertName } from '../prometheus/thresholds.ts';

export const overviewUid = 'zeebe-topology-overview';
export const clusterUid = 'zeebe-topology-cluster';

const runbooks = 'https://github.com/zeebe-topology-exporter/zeebe-topology-exporter/blob/main/docs/runbooks';

/** The link of a value in a table or graph. */
export interface DataLink {
  readonly title: string;
  readonly url: string;
}

/** Links a row of a table with the columns Cluster and Job to the dashboard of that cluster. Keeps the time range. */
export const rowToCluster: DataLink = {
  title: 'Show this cluster',
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: Grafana fills them in
  url: `/d/${clusterUid}?${[
    '${datasource:queryparam}',
    'var-job=${__data.fields.Job:percentencode}',
    '${instance:queryparam}',
    'var-zeebe_cluster=${__data.fields.Cluster:percentencode}',
    '${__url_time_range}',
  ].join('&')}`,
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: Grafana fills them in
};

/** Links a series of a graph to the dashboard of its cluster. */
export const seriesToCluster: DataLink = {
  title: 'Show this cluster',
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: Grafana fills them in
  url: `/d/${clusterUid}?${[
    '${datasource:queryparam}',
    'var-job=${__field.labels.job:percentencode}',
    '${instance:queryparam}',
    'var-zeebe_cluster=${__field.labels.zeebe_cluster:percentencode}',
    '${__url_time_range}',
  ].join('&')}`,
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: Grafana fills them in
};

/** Links a row of a table with the column Alert to the runbook. */
export const rowToRunbook: DataLink = {
  title: 'Open the runbook',
  url: `${runbooks}/\${__data.fields.Alert}.md`,
};

export function runbook(alert: AlertName): DashboardLinkBuilder {
  return new DashboardLinkBuilder(`Runbook: ${alert}`)
    .type(DashboardLinkType.Link)
    .url(`${runbooks}/ZeebeTopology${alert}.md`)
    .targetBlank(true);
}

/** Links to another dashboard, with the time range and the variables of this one. */
export function dashboardLink(title: string, uid: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title)
    .type(DashboardLinkType.Link)
    .icon('dashboard')
    .tooltip('With the same time range and variables')
    .url(`/d/${uid}`)
    .keepTime(true)
    .includeVars(true);
}

export const allRunbooks = new DashboardLinkBuilder('Runbooks')
  .type(DashboardLinkType.Link)
  .icon('doc')
  .tooltip('What each alert means and what to do')
  .url(runbooks)
  .targetBlank(true);
