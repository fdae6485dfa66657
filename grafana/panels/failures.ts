import { lines, timeline } from '../graphs.ts';
import { rowToCluster, runbook, seriesToCluster } from '../links.ts';
import { failingStates } from '../states.ts';
import { table } from '../tables.ts';
import { authenticationFailing, pollFailureRatio, pollFailureRatioOverTimeRange, pollsFailing } from './expressions.ts';

const pollRunbooks = [runbook('ClusterUnreachable'), runbook('PollsFailing')];
const authenticationRunbooks = [
  runbook('CredentialsRejected'),
  runbook('TokenRejected'),
  runbook('AudienceMismatch'),
  runbook('TokenEndpointFailing'),
  runbook('TokenRateLimited'),
];
const labels = [
  { title: 'Cluster', label: 'zeebe_cluster', dataLink: rowToCluster },
  { title: 'Job', label: 'job' },
  { title: 'Reason', label: 'reason' },
];

export const failingPolls = () =>
  table({
    title: 'Failing polls by reason',
    description:
      'Clusters with an exporter whose last poll failed, by reason. For reason auth see the table with the authentication failures.',
    width: 12,
    height: 7,
    labels,
    values: [{ expr: pollsFailing }],
    sortBy: 'Cluster',
    noValue: 'None',
    links: pollRunbooks,
  });

export const failingAuthentication = () =>
  table({
    title: 'Authentication failures by reason',
    description:
      'Clusters with an authentication failure at the last poll of an exporter, by reason, including tokens that cannot be renewed but are still valid.',
    width: 12,
    height: 7,
    labels,
    values: [{ expr: authenticationFailing }],
    sortBy: 'Cluster',
    noValue: 'None',
    links: authenticationRunbooks,
  });

export const failureRatios = () =>
  lines({
    title: 'Poll failure ratio, 20 highest',
    description:
      'By cluster and reason, of the exporter with the highest ratio: the 20 with the highest ratio in the time range. Empty while no poll fails.',
    width: 12,
    height: 8,
    unit: 'percentunit',
    min: 0,
    queries: [
      {
        expr: `${pollFailureRatio} > 0 and topk(20, ${pollFailureRatioOverTimeRange})`,
        legend: '{{zeebe_cluster}}: {{reason}}',
      },
    ],
    dataLink: seriesToCluster,
    links: pollRunbooks,
  });

export const pollFailuresOverTime = () =>
  timeline({
    title: 'Poll failures by reason over time',
    description: 'The reason why the last poll of any exporter failed. A gap: no poll failed.',
    width: 24,
    height: 6,
    queries: [{ expr: pollsFailing, legend: '{{zeebe_cluster}}: {{reason}}' }],
    states: failingStates,
    links: pollRunbooks,
  });

export const authenticationFailuresOverTime = () =>
  timeline({
    title: 'Authentication failures by reason over time',
    description:
      'The reason at the last poll of any exporter, including tokens that could not be renewed but were still valid. A gap: no failure.',
    width: 24,
    height: 6,
    queries: [{ expr: authenticationFailing, legend: '{{zeebe_cluster}}: {{reason}}' }],
    states: failingStates,
    links: authenticationRunbooks,
  });
