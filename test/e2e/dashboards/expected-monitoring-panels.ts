import { expect } from 'vitest';
import { type ExpectedPanel, type ExpectedPanels, healthyCluster, named, some } from './expected-panel.ts';
import { daysLeft } from './monitored-story.ts';

/** The panels that show the monitoring itself: polls, authentication, exporters. */
export const expectedMonitoringPanels: ExpectedPanels = {
  'polls follow the poll interval': [
    {
      at: 35,
      cluster: 'payments',
      panel: 'Polls per second',
      rows: [named('payments: polls', expect.closeTo(1, 0)), named('payments: expected', 1)],
      only: true,
    },
    {
      at: 35,
      cluster: 'payments',
      panel: 'Poll duration',
      rows: [50, 95, 99].map((share) => named(`payments: ${share} %`, some.positive)),
      only: true,
    },
    {
      at: 35,
      panel: 'Poll duration, 10 slowest clusters',
      rows: ['payments', 'orders', 'inventory', 'shipping'].map((name) => named(name, some.positive)),
      only: true,
    },
  ],

  'the identity provider fails before its tokens expire': [
    {
      within: [31, 63],
      panel: 'Authentication failures by reason',
      rows: [{ Cluster: 'inventory', Reason: 'token_endpoint_unreachable' }],
      only: true,
    },
    {
      within: [31, 63],
      panel: 'Failed token requests per minute of all clusters, by reason',
      rows: [named('token_endpoint_unreachable', some.positive)],
      only: true,
    },
    {
      within: [31, 63],
      panel: 'Tokens',
      rows: [{ Cluster: 'inventory', 'Failed requests': some.positive }],
      only: true,
    },
    {
      within: [31, 63],
      cluster: 'inventory',
      panel: 'Failed token requests per minute, by reason',
      rows: [named('inventory: token_endpoint_unreachable', some.positive)],
      only: true,
    },
    {
      within: [31, 63],
      cluster: 'inventory',
      panel: 'Token request duration',
      rows: [named('inventory: 50 %', some.positive), named('inventory: 95 %', some.positive)],
      only: true,
    },
  ],

  'a client secret is changed while the old token still works': [
    {
      within: [99, 120],
      cluster: 'inventory',
      panel: 'Authentication failures by reason over time',
      rows: [named('inventory: invalid_client', 'failing')],
      only: true,
    },
    {
      within: [99, 122],
      cluster: 'inventory',
      panel: 'Authentication failures per minute, by reason',
      rows: [named('inventory: invalid_client', some.positive)],
      only: true,
    },
  ],

  'a cluster is unreachable, and its other series are gone at once': [
    { at: 111, panel: 'Clusters', rows: [{ Cluster: 'payments', Verdict: 'unknown' }] },
    { at: 111, panel: 'Clusters by verdict', rows: [named('unknown', some.positive)] },
    { at: 111, panel: 'Failing polls by reason', rows: [{ Cluster: 'payments', Reason: 'rate_limited' }] },
    {
      at: 111,
      panel: 'Failed polls per minute of all clusters, by reason',
      rows: [named('rate_limited', some.positive)],
    },
    {
      at: 113,
      panel: 'Poll failure ratio, 20 highest',
      rows: [named('payments: rate_limited', expect.closeTo(1, 1))],
    },
    { at: 111, cluster: 'payments', panel: 'Verdict', rows: [named('payments', 'unknown')], only: true },
    { at: 111, cluster: 'payments', panel: 'Verdict over time', rows: [named('payments', 'unknown')], only: true },
    { at: 111, cluster: 'payments', panel: 'Poll results over time', rows: [named('payments', 'failed')], only: true },
    {
      at: 111,
      cluster: 'payments',
      panel: 'Poll failures by reason over time',
      rows: [named('payments: rate_limited', 'failing')],
      only: true,
    },
    {
      at: 111,
      cluster: 'payments',
      panel: 'Failed polls per minute, by reason',
      rows: [named('payments: rate_limited', some.positive)],
      only: true,
    },
    {
      at: 111,
      cluster: 'payments',
      panel: 'HTTP status of the last response',
      rows: [named('payments', 503)],
      only: true,
    },
    {
      at: 115,
      cluster: 'payments',
      panel: 'Time since the last success',
      rows: [
        named(
          'payments',
          expect.toSatisfy((age) => age > 6),
        ),
      ],
      only: true,
    },
    ...[
      'Brokers missing',
      'Partitions without leader',
      'Under-replicated partitions',
      'Brokers',
      'Brokers by partitions',
      'Brokers over time',
      'Brokers by partitions over time',
      'Partitions with and without leader',
      'Replicas and replication factor',
      'Sizes',
      'Versions',
    ].map((panel): ExpectedPanel => ({ at: 111, cluster: 'payments', panel, rows: [], only: true })),
  ],

  'a cluster redirects to a login page': [
    { at: 176, panel: 'Failing polls by reason', rows: [{ Cluster: 'orders', Reason: 'redirect' }] },
    {
      at: 176,
      cluster: 'orders',
      panel: 'Poll failures by reason over time',
      rows: [named('orders: redirect', 'failing')],
      only: true,
    },
  ],

  'new tokens have the wrong audience': [
    {
      within: [181, 206],
      panel: 'Authentication failures by reason',
      rows: [{ Cluster: 'inventory', Reason: 'audience_mismatch' }],
      only: true,
    },
    { within: [181, 206], panel: 'Failing polls by reason', rows: [{ Cluster: 'inventory', Reason: 'auth' }] },
    {
      within: [181, 206],
      cluster: 'inventory',
      panel: 'Credentials',
      rows: [named('inventory', 'rejected')],
      only: true,
    },
    {
      within: [181, 206],
      cluster: 'inventory',
      panel: 'Firing alerts',
      rows: [{ Alert: 'ZeebeTopologyAudienceMismatch', Cluster: 'inventory', Reason: 'audience_mismatch' }],
    },
  ],

  'one of two exporters is stopped, and nothing else changes': [
    {
      at: 200,
      panel: 'Exporters',
      rows: [1, 2].map(() => ({
        Job: 'zeebe-topology',
        'Last scrape': 'up',
        'Last reload': 'succeeded',
        Version: expect.any(String),
        'Configuration age': some.positive,
        Memory: some.positive,
      })),
      only: true,
    },
    {
      at: 200,
      panel: 'Polls per second, by exporter',
      rows: [1, 2].map(() => ({ value: expect.closeTo(4, 0) })),
      only: true,
    },
    {
      at: 216,
      panel: 'Exporters',
      rows: [{ 'Last scrape': 'up', Memory: some.positive }, { 'Last scrape': 'down' }],
      only: true,
    },
    { at: 216, panel: 'Scrapes of exporters', rows: [{ value: 'up' }, { value: 'down' }], only: true },
    { within: [190, 206], panel: 'CPU usage of exporters', rows: [{ value: some.positive }] },
    {
      // Before a leader of orders moves at second 215: a poll may see its partition without leader.
      at: 213,
      panel: 'Clusters',
      rows: [
        { Cluster: 'orders', ...healthyCluster },
        { Cluster: 'payments', Verdict: 'degraded' },
        { Cluster: 'inventory' },
        { Cluster: 'shipping', ...healthyCluster },
      ],
      only: true,
    },
    {
      at: 220,
      panel: 'Firing alerts',
      rows: [{ Alert: 'ZeebeTopologyExporterTargetDown', Exporter: expect.any(String) }],
    },
    {
      at: 219,
      cluster: 'orders',
      panel: 'Leader changes per minute, by partition',
      rows: [named('orders: partition 4', some.positive)],
      only: true,
    },
  ],

  'all clusters are healthy at the end': [
    { within: [232, 240], panel: 'Clusters by verdict', rows: [named('healthy', 4), named('unknown', 0)] },
  ],

  'certificates have an expiry': [
    {
      at: 35,
      panel: 'Certificates of clusters and token endpoints',
      rows: [
        { Cluster: 'payments', Endpoint: 'cluster', Role: 'server', 'Expires in': days(daysLeft.cluster) },
        { Cluster: 'inventory', Endpoint: 'token', Role: 'server', 'Expires in': days(daysLeft.token) },
      ],
      only: true,
    },
    { at: 35, panel: 'Certificates of exporters', rows: [{ 'Expires in': days(daysLeft.exporter) }], only: true },
  ],

  'exporters discover clusters, elect a leader and divide the clusters': [
    {
      at: 35,
      panel: 'Discovery of clusters',
      rows: [{ Provider: 'files', 'Last refresh': 'succeeded', Clusters: 4, 'Since last success': some.positive }],
      only: true,
    },
    { at: 35, panel: 'Leaders and shards', rows: [{ Shard: '0', Shards: 1, Role: 'leader' }], only: true },
    { at: 35, panel: 'Discovery over time', rows: [{ value: 'succeeded' }], only: true },
    { at: 35, panel: 'Leaders over time', rows: [{ value: 'leader' }], only: true },
  ],
};

/** Matches the seconds of `count` days, less those that the story has taken. */
function days(count: number): unknown {
  return expect.toSatisfy((seconds) => seconds > (count - 1) * 86_400 && seconds <= count * 86_400);
}
