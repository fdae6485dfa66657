import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { highest } from '../prometheus/expressions.ts';
import { firingAlerts, ofTenant, rate } from './queries.ts';
import { datasource } from './variables.ts';

export const alertAnnotation = () =>
  annotation('Alerts', 'red', firingAlerts)
    .enable(true)
    .titleFormat('{{alertname}}')
    .textFormat('{{zeebe_cluster}} {{physical_tenant}} {{broker}} {{partition}} {{reason}}')
    .tagKeys('severity,zeebe_cluster,physical_tenant');

export const leaderChangeAnnotation = ({ shown }: { readonly shown: boolean }) =>
  annotation(
    'Leader changes',
    'blue',
    `${highest(rate(ofTenant('zeebe_topology_partition_leader_changes_total')))} > 0`,
  )
    .enable(shown)
    .titleFormat('New leader of partition {{partition}}')
    .textFormat('{{zeebe_cluster}} {{physical_tenant}}')
    .tagKeys('zeebe_cluster,physical_tenant');

function annotation(name: string, color: string, expr: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(datasource)
    .iconColor(color)
    .target(new DataqueryBuilder().refId('Anno').datasource(datasource).expr(expr).range());
}
