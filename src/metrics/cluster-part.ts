import { createTurns } from '../clock.ts';
import type { ClusterState } from '../poll/state.ts';
import type { Piece } from './chunk.ts';
import { authenticationFamilies, credentialFamilies, pollFamilies } from './cluster-families.ts';
import { type Readings, readingLines } from './counters.ts';
import type { ClusterFamily, StateFamily } from './family.ts';
import { and, type Labels, labels, sample } from './family.ts';
import { createLines } from './rows.ts';
import { topologyFamilies } from './topology-families.ts';

/** Every family of a monitored cluster, in the order of the page. */
export const clusterFamilies: readonly ClusterFamily[] = [
  ...pollFamilies,
  ...topologyFamilies,
  ...authenticationFamilies,
  ...credentialFamilies,
];

/** A cluster's samples: for each of `clusterFamilies`, in their order, its lines, or nothing. */
export type ClusterPart = readonly FamilyLines[];
export type FamilyLines = string | readonly Piece[];

/** The text follows from what is known alone; what the calls before have left behind only makes it faster. */
export type ClusterRenderer = (state: ClusterState, readings: Readings) => Promise<ClusterPart>;

export function createClusterRenderer(cluster: string): ClusterRenderer {
  const shared = labels({ zeebe_cluster: cluster });
  const renderers = clusterFamilies.map((family) => createRenderer(family, shared));
  return async (state, readings) => {
    const turn = createTurns();
    const part: FamilyLines[] = [];
    for (const render of renderers) {
      part.push(render(state, readings));
      await turn();
    }
    return part;
  };
}

function createRenderer(
  family: ClusterFamily,
  cluster: Labels,
): (state: ClusterState, readings: Readings) => FamilyLines {
  switch (family.source) {
    case 'instruments':
      return (_state, readings) => readingLines(readings.get(family.name), cluster);
    case 'state':
      return remembered(family.follows, (state) => stateLines(family, state, cluster));
    case 'layout':
      return remembered(family.follows, createLines(family, cluster));
  }
}

/** Renders anew only where what the lines follow from is another object than before. */
function remembered<T>(
  follows: StateFamily['follows'],
  render: (state: ClusterState) => T,
): (state: ClusterState) => T {
  if (!follows) return render;
  let latest: { readonly from: object | undefined; readonly lines: T } | undefined;
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
