import { type Dashboard, DashboardBuilder, DashboardCursorSync } from '@grafana/grafana-foundation-sdk/dashboard';
import { alertAnnotation, leaderChangeAnnotation } from './annotations.ts';
import { layOut, type Row } from './layout.ts';
import { allRunbooks, clusterUid, dashboardLink, overviewUid } from './links.ts';
import { alerts } from './panels/alerts.ts';
import {
  authenticationFailures,
  credentials,
  method,
  tokenExpiryNow,
  tokenLifetime,
  tokenRequestDurations,
  tokenRequestFailures,
} from './panels/authentication.ts';
import {
  brokers,
  brokersByPartitions,
  brokersByPartitionsOverTime,
  brokersMissingNow,
  brokersOverTime,
} from './panels/brokers.ts';
import { authenticationFailuresOverTime, pollFailuresOverTime } from './panels/failures.ts';
import {
  leaderChanges,
  leaders,
  leadersByBroker,
  leadersOverTime,
  partitionsWithoutLeaderNow,
} from './panels/leaders.ts';
import { durations, failedPolls, lastSuccess, pollFrequency, pollsOverTime, statusCodes } from './panels/polls.ts';
import { movingReplicas, replicas, replicasOverTime, sizes, underReplicatedPartitionsNow } from './panels/replicas.ts';
import { physicalTenants, tenantVerdictsOverTime } from './panels/tenants.ts';
import { verdictNow, verdictOverTime } from './panels/verdicts.ts';
import { identity, versions, versionsOverTime } from './panels/versions.ts';
import { variables } from './variables.ts';

/** The dashboard of one cluster: its state now and over time, and its polls. */
export function cluster(): Dashboard {
  const dashboard = new DashboardBuilder('Zeebe topology / Cluster')
    .uid(clusterUid)
    .description('A Zeebe cluster: brokers by partitions, leaders, replicas, versions, authentication, polls.')
    .tags(['zeebe', 'camunda'])
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .variables(variables)
    .annotations([alertAnnotation(), leaderChangeAnnotation({ shown: true })])
    .links([dashboardLink('Overview', overviewUid), allRunbooks]);
  return layOut(dashboard, [...clusterRows(), ...pollingRows()]);
}

function clusterRows(): readonly Row[] {
  return [
    {
      title: 'Now',
      panels: [
        verdictNow(),
        brokersMissingNow(),
        partitionsWithoutLeaderNow(),
        underReplicatedPartitionsNow(),
        lastSuccess(),
        tokenExpiryNow(),
        verdictOverTime(),
        alerts(),
      ],
    },
    { title: 'Physical tenants', collapsed: true, panels: [physicalTenants(), tenantVerdictsOverTime()] },
    {
      title: 'Brokers by partitions',
      panels: [brokersByPartitions(), brokers(), brokersOverTime(), brokersByPartitionsOverTime()],
    },
    { title: 'Leaders', panels: [leaders(), leaderChanges(), leadersOverTime(), leadersByBroker()] },
    { title: 'Replicas', panels: [replicas(), replicasOverTime(), sizes(), movingReplicas()] },
    { title: 'Versions', collapsed: true, panels: [versions(), versionsOverTime(), identity()] },
  ];
}

function pollingRows(): readonly Row[] {
  return [
    {
      title: 'Authentication',
      collapsed: true,
      panels: [
        method(),
        credentials(),
        authenticationFailuresOverTime(),
        tokenLifetime(),
        tokenRequestDurations(),
        authenticationFailures(),
        tokenRequestFailures(),
      ],
    },
    {
      title: 'Polls',
      collapsed: true,
      panels: [pollsOverTime(), pollFailuresOverTime(), durations(), failedPolls(), pollFrequency(), statusCodes()],
    },
  ];
}
