import type { Story } from './story.ts';

/** Lets one fault of each cluster last until the alerts for it fire, with the thresholds of the project's rules. */
export const slowStory: Story = {
  period: 25 * 60_000,
  steps: [
    {
      at: 20_000,
      actor: 'orders',
      events: [
        { type: 'broker-crashes', broker: 0 },
        { type: 'broker-crashes', broker: 1 },
      ],
      sentence:
        'Brokers 0 and 1 of orders crash: partitions 1, 5, 6 and 10 have no leader in 12 s. ZeebeTopologyPartitionWithoutLeader is pending then, and fires a minute later.',
    },
    {
      at: 40_000,
      actor: 'identity provider',
      events: [{ type: 'http-fault', fault: { kind: 'status', status: 503 } }],
      sentence:
        'The identity provider answers 503: the token of inventory expires within 30 s. Without a successful poll for 5 minutes, ZeebeTopologyTokenEndpointFailing is pending, and fires 2 minutes later.',
    },
    {
      at: 60_000,
      actor: 'payments',
      events: [{ type: 'broker-crashes', broker: 1 }],
      sentence:
        'Broker 1 of payments crashes: it is missing in 12 s. ZeebeTopologyBrokerMissing and ZeebeTopologyQuorumAtRisk are pending then, and fire 15 minutes later.',
    },
    {
      at: 150_000,
      actor: 'orders',
      events: [
        { type: 'broker-restarts', broker: 0 },
        { type: 'broker-restarts', broker: 1 },
      ],
      sentence:
        'Brokers 0 and 1 of orders are restarted: leaders are back within 19 s. The alert keeps firing for another 10 minutes.',
    },
    {
      at: 555_000,
      actor: 'identity provider',
      events: [{ type: 'http-recovers' }],
      sentence:
        'The identity provider answers again: inventory is polled again within a minute. The alert keeps firing for another 5 minutes.',
    },
    {
      at: 1_035_000,
      actor: 'payments',
      events: [{ type: 'broker-restarts', broker: 1 }],
      sentence:
        'Broker 1 of payments is restarted: it has all its partitions in 19 s. The alerts keep firing for another 5 minutes.',
    },
  ],
  alerts: [
    {
      name: 'ZeebeTopologyPartitionWithoutLeader',
      cluster: 'orders',
      firesBy: 2 * 60_000,
      resolvesBy: 14 * 60_000,
    },
    {
      name: 'ZeebeTopologyTokenEndpointFailing',
      cluster: 'inventory',
      firesBy: 9 * 60_000,
      resolvesBy: 16 * 60_000,
    },
    { name: 'ZeebeTopologyBrokerMissing', cluster: 'payments', firesBy: 17 * 60_000, resolvesBy: 23 * 60_000 },
    { name: 'ZeebeTopologyQuorumAtRisk', cluster: 'payments', firesBy: 17 * 60_000, resolvesBy: 23 * 60_000 },
  ],
};
