import type { ClusterState } from '../poll/state.ts';
import { authenticationFamilies } from './authentication-families.ts';
import { credentialFamilies } from './credential-families.ts';
import { and, type Labels, labels, sample } from './exposition.ts';
import type { ClusterFamily, StateFamily } from './family.ts';
import { pollFamilies } from './poll-families.ts';
import { type Readings, readingLines } from './readings.ts';
import { createReplicaLines } from './replica-lines.ts';
import { topologyFamilies } from './topology-families.ts';

/** Every family of a monitored cluster, in the order of the page. */
export const clusterFamilies: readonly ClusterFamily[] = [
  ...pollFamilies,
  ...topologyFamilies,
  ...authenticationFamilies,
  ...credentialFamilies,
];

/**
 * A cluster's samples: for each of `clusterFamilies`, in their order, its lines, or nothing. Bytes are good until the
 * next part is rendered.
 */
export type ClusterPart = readonly (string | Buffer)[];

/** The text follows from what is known alone; what the calls before have left behind only makes it faster. */
export type ClusterRenderer = (state: ClusterState, readings: Readings) => ClusterPart;

export function createClusterRenderer(cluster: string): ClusterRenderer {
  const shared = labels({ zeebe_cluster: cluster });
  const renderers = clusterFamilies.map((family) => createRenderer(family, shared));
  return (state, readings) => renderers.map((render) => render(state, readings));
}

function createRenderer(
  family: ClusterFamily,
  cluster: Labels,
): (state: ClusterState, readings: Readings) => string | Buffer {
  switch (family.source) {
    case 'instruments':
      return (_state, readings) => readingLines(readings.get(family.name), cluster);
    case 'state':
      return remembered(family.follows, (state) => stateLines(family, state, cluster));
    case 'replicas': {
      const lines = createReplicaLines(family, cluster);
      return remembered(
        ({ view }) => view,
        ({ view }) => (view ? lines(view.topology.brokers) : ''),
      );
    }
  }
}

/** Renders anew only where what the lines follow from is another object than before. */
function remembered(
  follows: StateFamily['follows'],
  render: (state: ClusterState) => string | Buffer,
): (state: ClusterState) => string | Buffer {
  if (!follows) return render;
  let latest: { readonly from: object | undefined; readonly lines: string | Buffer } | undefined;
  return (state) => {
    const from = follows(state);
    if (!latest || latest.from !== from) latest = { from, lines: render(state) };
    return latest.lines;
  };
}

function stateLines({ name, samples }: StateFamily, state: ClusterState, cluster: Labels): string {
  let lines = '';
  samples(state, (value, own) => {
    lines += sample(name, own ? and(cluster, own) : cluster, value);
  });
  return lines;
}
