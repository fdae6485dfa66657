import { highest } from '../../prometheus/expressions.ts';
import { timeline } from '../graphs.ts';
import { runbook } from '../links.ts';
import { redIfAny } from '../panel.ts';
import { namedByTenant, ofTenant } from '../queries.ts';
import { verdictStates } from '../states.ts';
import { table } from '../tables.ts';
import { partitionsWithoutLeaderByTenant, tenantVerdict, underReplicatedPartitionsByTenant } from './expressions.ts';

export const physicalTenants = () =>
  table({
    title: 'Physical tenants',
    description:
      'Each physical tenant with its problems as of the last poll, the worst first. Empty while the last poll failed, or if the cluster is polled without physical tenants.',
    width: 24,
    height: 8,
    labels: [
      { title: 'Cluster', label: 'zeebe_cluster' },
      { title: 'Job', label: 'job' },
      { title: 'Physical tenant', label: 'physical_tenant' },
    ],
    values: [
      { title: 'Verdict', expr: tenantVerdict, states: verdictStates },
      { title: 'Partitions', expr: withTenant(highest(ofTenant('zeebe_topology_partitions'))) },
      {
        title: 'Partitions without leader',
        expr: withTenant(partitionsWithoutLeaderByTenant),
        thresholds: redIfAny,
      },
      {
        title: 'Under-replicated partitions',
        expr: withTenant(underReplicatedPartitionsByTenant),
        thresholds: redIfAny,
      },
      { title: 'Replication factor', expr: withTenant(highest(ofTenant('zeebe_topology_replication_factor'))) },
    ],
    sortBy: 'Verdict',
    descending: true,
    noValue: '–',
    links: [runbook('ClusterUnhealthy'), runbook('RecoveryMode'), runbook('PhysicalTenantMissing')],
  });

export const tenantVerdictsOverTime = () =>
  timeline({
    title: 'Verdicts of physical tenants over time',
    description: 'The verdict on each physical tenant as of each poll. A gap: the poll failed, or it was not listed.',
    width: 24,
    height: 7,
    queries: [{ expr: namedByTenant(tenantVerdict), legend: '{{zeebe_cluster}}' }],
    states: verdictStates,
    links: [runbook('ClusterUnhealthy'), runbook('PhysicalTenantMissing')],
  });

/** Without the series of clusters that are polled without physical tenants. */
function withTenant(byTenant: string): string {
  return `${byTenant} and ${tenantVerdict}`;
}
