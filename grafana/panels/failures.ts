import { lines, timeline } from '../graphs.ts';
import { rowToCluster, runbook, seriesToCluster } from '../links.ts';
import { failingStates } from '../states.ts';
import { table } from '../tables.ts';
import { authenticationFailing, pollFailureRatio, pollsFailing } from './expressions.ts';

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

export const whosePollsFail = () =>
  table({
    title: 'Whose last poll failed, and why',
    description:
      'Clusters whose last poll failed for an exporter, by reason. Reason auth: the table beside it says more.',
    width: 12,
    height: 7,
    labels,
    values: [{ expr: pollsFailing }],
    sortBy: 'Cluster',
    noValue: 'None',
    links: pollRunbooks,
  });

export const whoseAuthenticationFails = () =>
  table({
    title: 'Whose authentication fails, and why',
    description:
      'Clusters with an authentication failure as of the last poll of an exporter, by reason; also where a token cannot be renewed and the old one still works.',
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
    title: 'Share of polls that fail, the 20 worst',
    description:
      'By cluster and reason, of the exporter that fares worst. Nothing is drawn while no poll fails. At the same moment no more than 20.',
    width: 12,
    height: 8,
    unit: 'percentunit',
    min: 0,
    queries: [{ expr: `topk(20, ${pollFailureRatio} > 0)`, legend: '{{zeebe_cluster}}: {{reason}}' }],
    dataLink: seriesToCluster,
    links: pollRunbooks,
  });

export const pollFailuresOverTime = () =>
  timeline({
    title: 'Why polls failed',
    description: 'The reason that the last poll of any exporter failed for. A gap: none did.',
    width: 24,
    height: 6,
    queries: [{ expr: pollsFailing, legend: '{{zeebe_cluster}}: {{reason}}' }],
    states: failingStates,
    links: pollRunbooks,
  });

export const authenticationFailuresOverTime = () =>
  timeline({
    title: 'Why authentication failed',
    description:
      'The reason as of the last poll of any exporter; also where a token could not be renewed and the old one still worked. A gap: nothing was wrong.',
    width: 24,
    height: 6,
    queries: [{ expr: authenticationFailing, legend: '{{zeebe_cluster}}: {{reason}}' }],
    states: failingStates,
    links: authenticationRunbooks,
  });
