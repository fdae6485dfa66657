import { type Dashboard, DashboardBuilder, DashboardCursorSync } from '@grafana/grafana-foundation-sdk/dashboard';
import { alertAnnotation, leaderChangeAnnotation } from './annotations.ts';
import { layOut } from './layout.ts';
import { allRunbooks, clusterUid, dashboardLink, overviewUid } from './links.ts';
import { alerts } from './panels/alerts.ts';
import { allTokenRequestFailures, tokens, tokensNextToExpire } from './panels/authentication.ts';
import { certificates, exporterCertificates } from './panels/certificates.ts';
import { cpuUsage, exporters, scrapes } from './panels/exporters.ts';
import { failingAuthentication, failingPolls, failureRatios } from './panels/failures.ts';
import { discovery, discoveryOverTime, leadersAndShards, leadersOverTime } from './panels/fleet.ts';
import { failuresByReason, pollRates, slowestPolls } from './panels/polls.ts';
import { clusters, clustersByVerdict, verdictsOverTime } from './panels/verdicts.ts';
import { variables } from './variables.ts';

/** The dashboard of all clusters: verdicts, failures with reasons, tokens, and the exporters. */
export function overview(): Dashboard {
  const dashboard = new DashboardBuilder('Zeebe topology / Overview')
    .uid(overviewUid)
    .description('All monitored Zeebe clusters: verdicts, failures and their reasons, tokens, polls.')
    .tags(['zeebe', 'camunda'])
    .time({ from: 'now-3h', to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .variables(variables)
    .annotations([alertAnnotation(), leaderChangeAnnotation({ shown: false })])
    .links([dashboardLink('Cluster', clusterUid), allRunbooks]);
  return layOut(dashboard, [
    { title: 'Clusters', panels: [clustersByVerdict(), clusters(), verdictsOverTime()] },
    { title: 'Failures', panels: [failingPolls(), failingAuthentication(), alerts()] },
    { title: 'Polls', panels: [failureRatios(), failuresByReason(), slowestPolls(), pollRates()] },
    { title: 'Tokens', panels: [tokens(), tokensNextToExpire(), allTokenRequestFailures()] },
    { title: 'Certificates', collapsed: true, panels: [certificates(), exporterCertificates()] },
    { title: 'Exporters', collapsed: true, panels: [exporters(), scrapes(), cpuUsage()] },
    {
      title: 'Discovery, leaders and shards',
      collapsed: true,
      panels: [discovery(), leadersAndShards(), discoveryOverTime(), leadersOverTime()],
    },
  ]);
}
