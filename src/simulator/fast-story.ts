import { type Story, storyClient } from './story.ts';

/** Shows most faults that Zeebe clusters have, one every few seconds. They end before most alerts would fire. */
export const fastStory: Story = {
  period: 240_000,
  steps: [
    {
      at: 5_000,
      actor: 'payments',
      events: [{ type: 'leader-moves', partition: 1 }],
      sentence: 'The leader of partition 1 of payments changes: watch zeebe_topology_partition_leader_changes_total.',
    },
    {
      at: 12_000,
      actor: 'payments',
      events: [{ type: 'broker-crashes', broker: 1 }],
      sentence:
        'Broker 1 of payments crashes: its partitions have new leaders in 6 s, zeebe_topology_broker_up is 0 in 12 s.',
    },
    {
      at: 20_000,
      actor: 'orders',
      events: [{ type: 'replica-health', partition: 3, broker: 2, health: 'unhealthy' }],
      sentence: 'Partition 3 of orders is unhealthy on broker 2: watch zeebe_topology_partition_health.',
    },
    {
      at: 30_000,
      actor: 'identity provider',
      events: [{ type: 'http-fault', fault: { kind: 'status', status: 503 } }],
      sentence: 'The identity provider answers 503: the token of inventory still works, but cannot be renewed.',
    },
    {
      at: 40_000,
      actor: 'payments',
      events: [{ type: 'broker-restarts', broker: 1 }],
      sentence: 'Broker 1 of payments is restarted: it is listed in 16 s, with all its partitions in 19 s.',
    },
    {
      at: 46_000,
      actor: 'orders',
      events: [{ type: 'replica-health', partition: 3, broker: 2, health: 'healthy' }],
      sentence: 'Partition 3 of orders is healthy again on broker 2.',
    },
    {
      at: 55_000,
      actor: 'orders',
      events: [
        { type: 'broker-crashes', broker: 0 },
        { type: 'broker-crashes', broker: 1 },
      ],
      sentence:
        'Brokers 0 and 1 of orders crash: partitions 1, 5, 6 and 10 lose their quorum, and have no leader in 12 s.',
    },
    {
      at: 60_000,
      actor: 'identity provider',
      events: [{ type: 'http-recovers' }],
      sentence: 'The identity provider answers again.',
    },
    {
      at: 74_000,
      actor: 'inventory',
      events: [{ type: 'scale', brokers: 5 }],
      sentence: 'Inventory is scaled to 5 brokers: new replicas join first; watch zeebe_topology_partition_state.',
    },
    {
      at: 88_000,
      actor: 'orders',
      events: [
        { type: 'broker-restarts', broker: 0 },
        { type: 'broker-restarts', broker: 1 },
      ],
      sentence: 'Brokers 0 and 1 of orders are restarted: quorum and leaders are back within 19 s.',
    },
    {
      at: 98_000,
      actor: 'identity provider',
      events: [{ type: 'secret-rotates', clientId: storyClient.clientId, clientSecret: 'another-secret' }],
      sentence:
        'The client secret for inventory is changed: watch zeebe_topology_auth_failing{reason="invalid_client"}.',
    },
    {
      at: 106_000,
      actor: 'payments',
      events: [{ type: 'http-fault', fault: { kind: 'status', status: 503 } }],
      sentence: 'Payments answers 503, RESOURCE_EXHAUSTED: zeebe_topology_up is 0 and the verdict is unknown.',
    },
    {
      at: 119_000,
      actor: 'identity provider',
      events: [{ type: 'secret-rotates', clientId: storyClient.clientId, clientSecret: storyClient.clientSecret }],
      sentence: 'The client secret for inventory is valid again.',
    },
    {
      at: 124_000,
      actor: 'payments',
      events: [{ type: 'http-recovers' }],
      sentence: 'Payments answers again.',
    },
    {
      at: 130_000,
      actor: 'inventory',
      events: [{ type: 'scale', brokers: 4 }],
      sentence: 'Inventory is scaled back to 4 brokers: replicas move, then the fifth broker is removed.',
    },
    {
      at: 138_000,
      actor: 'orders',
      events: [{ type: 'gateway-forgets' }],
      sentence:
        'The gateway of orders is restarted and knows no topology: zeebe_topology_up is 1, but the verdict is unknown.',
    },
    {
      at: 150_000,
      actor: 'orders',
      events: [{ type: 'gateway-recovers' }],
      sentence: 'The gateway of orders knows its topology again.',
    },
    {
      at: 160_000,
      actor: 'payments',
      events: [{ type: 'replica-health', partition: 2, broker: 2, health: 'dead' }],
      sentence: 'Partition 2 of payments is dead on broker 2: that replica is inactive.',
    },
    {
      at: 168_000,
      actor: 'orders',
      events: [{ type: 'http-fault', fault: { kind: 'login-redirect' } }],
      sentence: 'Orders redirects to a login page: watch zeebe_topology_poll_failing{reason="redirect"}.',
    },
    {
      at: 180_000,
      actor: 'identity provider',
      events: [{ type: 'audience-changes', clientId: storyClient.clientId, audience: 'account' }],
      sentence:
        'New tokens for inventory have the wrong audience: zeebe_topology_auth_failing{reason="audience_mismatch"}.',
    },
    {
      at: 190_000,
      actor: 'orders',
      events: [{ type: 'http-recovers' }],
      sentence: 'Orders answers again.',
    },
    {
      at: 202_000,
      actor: 'identity provider',
      events: [{ type: 'audience-changes', clientId: storyClient.clientId, audience: storyClient.audience }],
      sentence: 'New tokens for inventory have the right audience again.',
    },
    {
      at: 215_000,
      actor: 'orders',
      events: [{ type: 'leader-moves', partition: 4 }],
      sentence: 'Partition 4 of orders gets another leader.',
    },
    {
      at: 228_000,
      actor: 'payments',
      events: [{ type: 'replica-health', partition: 2, broker: 2, health: 'healthy' }],
      sentence:
        'Partition 2 of payments is healthy again on broker 2: every cluster is healthy, and the next round begins.',
    },
  ],
};
