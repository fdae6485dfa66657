import type { ClusterState } from '../poll/state.ts';
import { type ClusterFamily, type StableSeriesFamily, type StateFamily, single } from './family.ts';

export const seriesLimited = single(
  'zeebe_topology_series_limited',
  'Whether the cluster has no series of brokers, partitions and replicas because they exceed max_series or ' +
    'max_series_total (1), or they are within these limits (0), as of the last successful poll.',
  ({ seriesLimit }) => seriesLimit && Number(seriesLimit.exceeded !== undefined),
);

/** Returns a family that is without series while the series of the cluster exceed a limit. */
export function withinLimits(family: StateFamily | StableSeriesFamily): ClusterFamily {
  const { dependsOn } = family;
  const dependency = dependsOn && {
    dependsOn: (state: ClusterState) => (isLimited(state) ? undefined : dependsOn(state)),
  };
  switch (family.source) {
    case 'state':
      return {
        ...family,
        ...dependency,
        samples: (state, add) => {
          if (!isLimited(state)) family.samples(state, add);
        },
      };
    case 'stable series':
      return {
        ...family,
        ...dependency,
        seriesKey: (state, viewSeries) => (isLimited(state) ? undefined : family.seriesKey(state, viewSeries)),
      };
  }
}

function isLimited({ seriesLimit }: ClusterState): boolean {
  return seriesLimit?.exceeded !== undefined;
}
