import { type ExpectedPanels, healthyCluster, named, some } from './expected-panel.ts';

const healthyTenant = {
  Cluster: 'shipping',
  Verdict: 'healthy',
  'Partitions without leader': 0,
  'Under-replicated partitions': 0,
  'Replication factor': 3,
};

/** The panels of the cluster of physical tenants. */
export const expectedTenantPanels: ExpectedPanels = {
  'all physical tenants are healthy': [
    { at: 3, panel: 'Clusters', rows: [{ Cluster: 'shipping', ...healthyCluster, 'Physical tenants': 3 }] },
    {
      at: 3,
      cluster: 'shipping',
      panel: 'Physical tenants',
      rows: [
        { ...healthyTenant, 'Physical tenant': 'default', Partitions: 2 },
        { ...healthyTenant, 'Physical tenant': 'orders', Partitions: 2 },
        { ...healthyTenant, 'Physical tenant': 'returns', Partitions: 1 },
      ],
      only: true,
    },
    {
      at: 3,
      cluster: 'shipping',
      tenant: 'returns',
      panel: 'Physical tenants',
      rows: [{ ...healthyTenant, 'Physical tenant': 'returns', Partitions: 1 }],
      only: true,
    },
    {
      at: 3,
      cluster: 'shipping',
      panel: 'Identity',
      rows: ['default', 'orders', 'returns'].map((tenant) => ({ 'Physical tenant': tenant, 'Replication factor': 3 })),
      only: true,
    },
    {
      at: 3,
      cluster: 'shipping',
      panel: 'Healthy replicas and replication factor',
      rows: ['default', 'orders', 'returns'].flatMap((tenant) => [
        named(`shipping / ${tenant}: fewest healthy`, 3),
        named(`shipping / ${tenant}: replication factor`, 3),
      ]),
      only: true,
    },
    {
      at: 3,
      cluster: 'shipping',
      panel: 'Sizes',
      rows: [
        named('shipping: brokers expected', 3),
        named('shipping: brokers listed', 3),
        named('shipping / default: partitions', 2),
        named('shipping / orders: partitions', 2),
        named('shipping / returns: partitions', 1),
      ],
      only: true,
    },
    {
      at: 3,
      cluster: 'shipping',
      panel: 'Brokers',
      rows: ['0', '1', '2'].map((Broker) => ({ Broker, State: 'listed', 'Partitions led': some.number })),
      only: true,
    },
  ],

  'a cluster is polled without physical tenants': [
    { at: 3, cluster: 'payments', panel: 'Physical tenants', rows: [], only: true },
    { at: 3, cluster: 'payments', panel: 'Verdicts of physical tenants over time', rows: [], only: true },
  ],

  'the leader of a partition moves in one physical tenant': [
    {
      at: 16,
      cluster: 'shipping',
      panel: 'Leader changes per minute, by partition',
      rows: [named('shipping / returns: partition 1', some.positive)],
      only: true,
    },
    {
      at: 16,
      cluster: 'shipping',
      panel: 'Leaders',
      rows: [
        { 'Physical tenant': 'returns', Partition: '1', Changes: 1, Leader: some.broker },
        { 'Physical tenant': 'orders', Partition: '1', Changes: 0, Leader: some.broker },
      ],
    },
  ],

  'a physical tenant is in recovery mode': [
    { at: 50, cluster: 'shipping', panel: 'Verdict', rows: [named('shipping', 'unhealthy')], only: true },
    {
      at: 50,
      cluster: 'shipping',
      panel: 'Physical tenants',
      rows: [
        { ...healthyTenant, 'Physical tenant': 'default' },
        { 'Physical tenant': 'orders', Verdict: 'unhealthy', 'Partitions without leader': 2 },
        { ...healthyTenant, 'Physical tenant': 'returns' },
      ],
      only: true,
    },
    {
      at: 50,
      cluster: 'shipping',
      panel: 'Verdicts of physical tenants over time',
      rows: [
        named('shipping / default', 'healthy'),
        named('shipping / orders', 'unhealthy'),
        named('shipping / returns', 'healthy'),
      ],
      only: true,
    },
    {
      at: 50,
      panel: 'Clusters',
      rows: [{ Cluster: 'shipping', Verdict: 'unhealthy', 'Partitions without leader': 2 }],
    },
    { at: 50, cluster: 'shipping', panel: 'Partitions without leader', rows: [named('shipping', 2)], only: true },
    {
      at: 50,
      cluster: 'shipping',
      tenant: 'returns',
      panel: 'Partitions without leader',
      rows: [named('shipping', 0)],
      only: true,
    },
    {
      at: 50,
      cluster: 'shipping',
      panel: 'Partitions with and without leader',
      rows: [
        named('shipping / default: partition 1', 'has a leader'),
        named('shipping / orders: partition 1', 'no leader'),
      ],
    },
    {
      at: 50,
      cluster: 'shipping',
      panel: 'Brokers by partitions',
      rows: [
        { 'replicas\\partition': 'shipping / orders / 0', 1: 'inactive', 2: 'inactive' },
        { 'replicas\\partition': 'shipping / default / 0' },
      ],
    },
    {
      at: 50,
      cluster: 'shipping',
      panel: 'Joining, leaving and recovering replicas',
      rows: [named('shipping / orders: recovering', 6)],
      only: true,
    },
    {
      at: 50,
      cluster: 'shipping',
      panel: 'Firing alerts',
      rows: [{ Alert: 'ZeebeTopologyRecoveryMode', Severity: 'warning', 'Physical tenant': 'orders' }],
      only: true,
    },
  ],
};
