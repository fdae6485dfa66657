import { expect } from 'vitest';
import { type ExpectedPanels, healthyCluster, named, some } from './expected-panel.ts';

/** The panels that show the state of the clusters. */
export const expectedClusterPanels: ExpectedPanels = {
  'all clusters are healthy, and two exporters count each cluster once': [
    {
      at: 3,
      panel: 'Clusters by verdict',
      rows: [named('healthy', 4), named('degraded', 0), named('unhealthy', 0), named('unknown', 0)],
      only: true,
    },
    {
      at: 3,
      panel: 'Clusters',
      rows: ['payments', 'orders', 'inventory', 'shipping'].map((Cluster) => ({
        Cluster,
        ...healthyCluster,
        'Last success': some.number,
      })),
      only: true,
    },
    { at: 3, panel: 'Failing polls by reason', rows: [], only: true },
    { at: 3, panel: 'Authentication failures by reason', rows: [], only: true },
    { at: 3, cluster: 'payments', panel: 'Verdict', rows: [named('payments', 'healthy')], only: true },
    { at: 3, cluster: 'payments', panel: 'Poll failures by reason over time', rows: [], only: true },
    { at: 3, cluster: 'payments', panel: 'Credentials', rows: [named('payments', 'accepted')], only: true },
    { at: 3, cluster: 'payments', panel: 'Token time to expiry', rows: [], only: true },
    {
      at: 3,
      cluster: 'inventory',
      panel: 'Token time to expiry',
      rows: [named('inventory', some.positive)],
      only: true,
    },
    {
      at: 3,
      cluster: 'inventory',
      panel: 'Token time to expiry and lifetime',
      rows: [named('inventory: time to expiry', some.positive), named('inventory: lifetime', 30)],
      only: true,
    },
    {
      at: 3,
      cluster: 'inventory',
      panel: 'Authentication',
      rows: [{ Method: 'oauth2', Credentials: 'accepted', 'Token lifetime': 30, 'Token age': some.number }],
      only: true,
    },
    { at: 3, cluster: 'orders', panel: 'Authentication', rows: [{ Method: 'basic' }], only: true },
    { at: 3, panel: 'Tokens', rows: [{ Cluster: 'inventory', Lifetime: 30, 'Failed requests': 0 }], only: true },
    {
      at: 3,
      panel: 'Token time to expiry, 10 shortest',
      rows: [named('inventory', some.positive)],
      only: true,
    },
    {
      at: 3,
      cluster: 'orders',
      panel: 'Identity',
      rows: [{ 'Cluster id': 'demo-orders', 'Replication factor': 3, 'Poll interval': 1 }],
      only: true,
    },
    {
      at: 3,
      cluster: 'orders',
      panel: 'HTTP status of the last response',
      rows: [named('orders', 200)],
      only: true,
    },
  ],

  'a leader moves': [
    {
      at: 9,
      cluster: 'payments',
      panel: 'Leader changes per minute, by partition',
      rows: [named('payments: partition 1', some.positive)],
      only: true,
    },
    {
      at: 9,
      cluster: 'payments',
      panel: 'Leaders',
      rows: [{ Partition: '1', 'Has leader': 'has a leader', Changes: 1 }],
    },
    { at: 9, cluster: 'payments', panel: 'Leaders', rows: [{ Partition: '3', Changes: 0 }] },
  ],

  'a broker is missing': [
    {
      at: 35,
      panel: 'Clusters',
      rows: [
        {
          Cluster: 'payments',
          ...healthyCluster,
          Verdict: 'degraded',
          'Brokers missing': 1,
          'Under-replicated partitions': 6,
        },
      ],
    },
    { at: 35, panel: 'Clusters by verdict', rows: [named('degraded', 2)] },
    {
      at: 35,
      panel: 'Verdicts over time, 40 least healthy clusters',
      rows: [named('payments', 'degraded'), named('inventory', 'healthy')],
    },
    {
      at: 35,
      panel: 'Firing alerts',
      rows: [{ Alert: 'ZeebeTopologyBrokerMissing', Severity: 'warning', Cluster: 'payments', Broker: '1' }],
    },
    {
      at: 35,
      cluster: 'payments',
      panel: 'Firing alerts',
      rows: [{ Alert: 'ZeebeTopologyBrokerMissing', Severity: 'warning', Cluster: 'payments', Broker: '1' }],
    },
    { at: 35, cluster: 'payments', panel: 'Verdict', rows: [named('payments', 'degraded')] },
    { at: 35, cluster: 'payments', panel: 'Verdict over time', rows: [named('payments', 'degraded')], only: true },
    { at: 35, cluster: 'payments', panel: 'Brokers missing', rows: [named('payments', 1)], only: true },
    { at: 35, cluster: 'payments', panel: 'Under-replicated partitions', rows: [named('payments', 6)], only: true },
    {
      at: 35,
      cluster: 'payments',
      panel: 'Brokers',
      rows: [
        { Broker: '0', State: 'listed', Host: 'zeebe-0.zeebe', Version: '8.6.0', 'Partitions led': some.number },
        { Broker: '1', State: 'missing' },
        { Broker: '2', State: 'listed', Host: 'zeebe-2.zeebe', Version: '8.6.0', 'Partitions led': some.number },
      ],
      only: true,
    },
    {
      at: 35,
      cluster: 'payments',
      panel: 'Brokers over time',
      rows: [named('payments / 0', 'listed'), named('payments / 1', 'missing'), named('payments / 2', 'listed')],
      only: true,
    },
    {
      at: 35,
      cluster: 'payments',
      panel: 'Brokers by partitions',
      rows: [
        { 'replicas\\partition': 'payments / 0', 1: expect.stringMatching(/^(leader|follower)$/) },
        { 'replicas\\partition': 'payments / 2', 6: expect.stringMatching(/^(leader|follower)$/) },
      ],
      only: true,
    },
    {
      at: 35,
      cluster: 'payments',
      panel: 'Replicas and replication factor',
      rows: ['1', '2', '3', '4', '5', '6'].map((Partition) => ({
        Partition,
        Listed: 2,
        Healthy: 2,
        Missing: 1,
        Spare: 0,
      })),
      only: true,
    },
    {
      at: 35,
      cluster: 'payments',
      panel: 'Healthy replicas and replication factor',
      rows: [named('payments: fewest healthy', 2), named('payments: replication factor', 3)],
      only: true,
    },
    {
      at: 35,
      cluster: 'payments',
      panel: 'Sizes',
      rows: [
        named('payments: brokers expected', 3),
        named('payments: brokers listed', 2),
        named('payments: partitions', 6),
      ],
      only: true,
    },
    {
      at: 35,
      cluster: 'payments',
      panel: 'Versions',
      rows: [{ Version: '8.6.0', Brokers: 2, Gateway: 'yes' }],
      only: true,
    },
    { at: 35, cluster: 'payments', panel: 'Brokers by version', rows: [named('payments: 8.6.0', 2)], only: true },
  ],

  'a replica is unhealthy': [
    {
      at: 30,
      cluster: 'orders',
      panel: 'Brokers by partitions',
      rows: [{ 'replicas\\partition': 'orders / 2', 3: 'follower, unhealthy' }],
    },
    {
      at: 30,
      cluster: 'orders',
      panel: 'Brokers by partitions over time',
      rows: [named('orders / 2: partition 3', 'follower, unhealthy')],
    },
    { at: 30, cluster: 'orders', panel: 'Under-replicated partitions', rows: [named('orders', 1)], only: true },
    { at: 30, cluster: 'orders', panel: 'Brokers missing', rows: [named('orders', 0)], only: true },
  ],

  'partitions have no leader': [
    {
      at: 74,
      panel: 'Clusters',
      rows: [{ Cluster: 'orders', Verdict: 'unhealthy', 'Brokers missing': 2, 'Partitions without leader': 4 }],
    },
    { at: 74, panel: 'Clusters by verdict', rows: [named('unhealthy', 1)] },
    { at: 74, cluster: 'orders', panel: 'Partitions without leader', rows: [named('orders', 4)], only: true },
    {
      at: 74,
      cluster: 'orders',
      panel: 'Leaders',
      rows: ['1', '5', '6', '10'].map((Partition) => ({ Partition, 'Has leader': 'no leader' })),
    },
    {
      at: 74,
      cluster: 'orders',
      panel: 'Leaders',
      rows: [{ Partition: '2', 'Has leader': 'has a leader', Leader: some.broker }],
    },
    {
      at: 74,
      cluster: 'orders',
      panel: 'Partitions with and without leader',
      rows: [named('orders: partition 10', 'no leader'), named('orders: partition 2', 'has a leader')],
    },
    {
      at: 74,
      cluster: 'orders',
      panel: 'Partitions led by broker',
      rows: ['2', '3', '4'].map((broker) => named(`orders / ${broker}`, some.positive)),
      only: true,
    },
    {
      at: 74,
      cluster: 'orders',
      panel: 'Replicas and replication factor',
      rows: [{ Partition: '1', Missing: 2, Spare: -1 }],
    },
    {
      at: 74,
      cluster: 'orders',
      panel: 'Firing alerts',
      rows: [
        { Alert: 'ZeebeTopologyPartitionWithoutLeader', Severity: 'critical', Cluster: 'orders', Partition: '10' },
        { Alert: 'ZeebeTopologyClusterUnhealthy', Severity: 'critical', Cluster: 'orders' },
      ],
    },
  ],

  'a cluster is scaled': [
    {
      within: [75, 98],
      cluster: 'inventory',
      panel: 'Joining, leaving and recovering replicas',
      rows: [named('inventory / default: joining', some.positive)],
    },
    {
      within: [75, 130],
      cluster: 'inventory',
      panel: 'Sizes',
      rows: [named('inventory: brokers expected', 5), named('inventory: brokers listed', 5)],
    },
    {
      within: [75, 130],
      cluster: 'inventory',
      panel: 'Identity',
      rows: [{ 'Physical tenant': 'default', 'Last completed change': 1 }],
    },
  ],

  'a gateway knows no topology': [
    { at: 145, cluster: 'orders', panel: 'Verdict', rows: [named('orders', 'unknown')], only: true },
    { at: 145, cluster: 'orders', panel: 'Poll results over time', rows: [named('orders', 'succeeded')], only: true },
    { at: 145, cluster: 'orders', panel: 'Sizes', rows: [named('orders: brokers listed', 0)], only: true },
  ],

  'a replica is dead': [
    {
      at: 166,
      cluster: 'payments',
      panel: 'Brokers by partitions',
      rows: [{ 'replicas\\partition': 'payments / 2', 2: 'inactive, dead' }],
    },
    {
      at: 166,
      cluster: 'payments',
      panel: 'Replicas and replication factor',
      rows: [{ Partition: '2', Listed: 2, Missing: 1, Spare: 0 }],
    },
  ],
};
