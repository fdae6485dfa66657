import type { ClusterState } from '../poll/state.ts';
import { authenticationFamilies } from './authentication-families.ts';
import { credentialFamilies } from './credential-families.ts';
import { and, labels, sample } from './exposition.ts';
import type { ClusterFamily, StateFamily } from './family.ts';
import { pollFamilies } from './poll-families.ts';
import { type Readings, readingLines } from './readings.ts';
import { topologyFamilies } from './topology-families.ts';

/** Every family of a monitored cluster, in the order of the page. */
export const clusterFamilies: readonly ClusterFamily[] = [
  ...pollFamilies,
  ...topologyFamilies,
  ...authenticationFamilies,
  ...credentialFamilies,
];

/** A cluster's samples: for each of `clusterFamilies`, in their order, its lines, or nothing. */
export type ClusterPart = readonly string[];

/** A pure function of what is known: the same state and readings give the same text. */
export function renderCluster(state: ClusterState, readings: Readings): ClusterPart {
  return clusterFamilies.map((family) =>
    family.source === 'state'
      ? stateLines(family, state)
      : readingLines(readings.get(family.name), labels({ zeebe_cluster: state.name })),
  );
}

function stateLines({ name, samples }: StateFamily, state: ClusterState): string {
  const cluster = labels({ zeebe_cluster: state.name });
  let lines = '';
  samples(state, (value, own) => {
    lines += sample(name, own ? and(cluster, own) : cluster, value);
  });
  return lines;
}
