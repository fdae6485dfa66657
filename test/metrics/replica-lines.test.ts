import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labels } from '../../src/metrics/exposition.ts';
import type { ReplicaFamily } from '../../src/metrics/family.ts';
import { createReplicaLines } from '../../src/metrics/replica-lines.ts';
import { type Broker, type ReplicaState, replicaStates } from '../../src/zeebe/topology.ts';

const family: ReplicaFamily = {
  source: 'replicas',
  name: 'state',
  type: 'gauge',
  help: 'State of a replica.',
  label: 'state',
  values: replicaStates,
  current: ({ state }) => state,
};
const cluster = labels({ zeebe_cluster: 'ä"1' });

/** As it reads in the format's own description. */
function written(brokers: readonly Broker[]): string {
  return brokers
    .flatMap(({ id, replicas }) =>
      replicas.flatMap(({ partition, state }) =>
        replicaStates.flatMap((value) => {
          const own = labels({ broker: id, partition, state: value });
          return state === undefined ? [] : [`state{${cluster},${own}} ${value === state ? 1 : 0}\n`];
        }),
      ),
    )
    .join('');
}

// Few ids and partitions, so that one list often differs from the one before in a value alone.
const state = fc.constantFrom<(ReplicaState | undefined)[]>(undefined, ...replicaStates);
const replicas = fc.uniqueArray(fc.record({ partition: fc.constantFrom(1, 2, 10), state }), {
  selector: ({ partition }) => partition,
});
const brokers: fc.Arbitrary<readonly Broker[]> = fc.uniqueArray(
  fc.record({ id: fc.constantFrom('0', '1', '10', 'zürich_"2"'), replicas }).map(
    ({ id, replicas }): Broker => ({
      id,
      host: '',
      port: '',
      version: '',
      replicas: replicas.map(({ partition, state }) => ({
        partition,
        role: 'follower',
        health: 'healthy',
        ...(state && { state }),
      })),
    }),
  ),
  { selector: ({ id }) => id },
);

describe('the lines of a 0/1 set for every replica', () => {
  it('say what is so now, whatever was so before', () => {
    fc.assert(
      fc.property(fc.array(brokers, { maxLength: 6 }), (polls) => {
        const lines = createReplicaLines(family, cluster);
        for (const listed of polls) expect(lines(listed).toString()).toBe(written(listed));
      }),
    );
  });

  it('of the same replicas stand in the same bytes', () => {
    const lines = createReplicaLines(family, cluster);
    const one = (state: ReplicaState): readonly Broker[] => [
      {
        id: '0',
        host: '',
        port: '',
        version: '',
        replicas: [{ partition: 1, role: 'leader', health: 'healthy', state }],
      },
    ];
    const joining = lines(one('joining'));
    const text = joining.toString();
    const active = lines(one('active'));
    expect(active).toBe(joining);
    expect(active.toString()).not.toBe(text);
  });
});
