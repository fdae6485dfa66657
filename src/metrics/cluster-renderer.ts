import { createYielder } from '../clock.ts';
import type { ClusterState } from '../poll/state.ts';
import { haveSameReplicas, sameItems } from '../zeebe/topology.ts';
import type { ClusterView, GroupView } from '../zeebe/view.ts';
import type { Chunk } from './chunk.ts';
import { authenticationFamilies, credentialFamilies, labelFamilies, pollFamilies } from './cluster-families.ts';
import { linesOfMetric, type MetricValuesByName } from './counters.ts';
import { type ClusterFamily, joinLabels, type Labels, labels, type StateFamily, sample } from './family.ts';
import { createRowRenderer } from './rows.ts';
import { topologyFamilies } from './topology-families.ts';

/** Every family of a monitored cluster, in the order of the page. */
export const clusterFamilies: readonly ClusterFamily[] = [
  ...pollFamilies,
  ...topologyFamilies,
  ...authenticationFamilies,
  ...credentialFamilies,
  ...labelFamilies,
];

/** The samples of a cluster: for each of `clusterFamilies`, in their order, its lines; empty where it has none. */
export type ClusterPart = readonly FamilyLines[];
export type FamilyLines = string | readonly Chunk[];

/** The text depends on the arguments only. What earlier calls have left only makes it faster. */
export type ClusterRenderer = (state: ClusterState, counters: MetricValuesByName) => Promise<ClusterPart>;

export function createClusterRenderer(cluster: string): ClusterRenderer {
  const shared = labels({ zeebe_cluster: cluster });
  const renderers = clusterFamilies.map((family) => createFamilyRenderer(family, shared));
  const layoutOf = createLayout();
  return async (state, counters) => {
    const yieldWhenBusy = createYielder();
    const input = { state, counters, viewLayout: layoutOf(state.view) };
    const part: FamilyLines[] = [];
    for (const render of renderers) {
      part.push(render(input));
      const turn = yieldWhenBusy();
      if (turn) await turn;
    }
    return part;
  };
}

/** Returns the same object as for the view before if both list the same partitions and replicas. */
function createLayout(): (view: ClusterView | undefined) => object | undefined {
  let latest: { readonly view: ClusterView; readonly layout: object } | undefined;
  return (view) => {
    latest = view && { view, layout: latest && haveSameSeries(latest.view, view) ? latest.layout : {} };
    return latest?.layout;
  };
}

function haveSameSeries(one: ClusterView, other: ClusterView): boolean {
  return one === other || sameItems(one.groups, other.groups, haveSamePartitions);
}

function haveSamePartitions(one: GroupView, other: GroupView): boolean {
  return (
    one.tenant === other.tenant &&
    sameItems(one.partitions, other.partitions, (a, b) => a.id === b.id) &&
    haveSameReplicas(one.brokers, other.brokers)
  );
}

interface RenderInput {
  readonly state: ClusterState;
  readonly counters: MetricValuesByName;
  readonly viewLayout: object | undefined;
}

function createFamilyRenderer(family: ClusterFamily, cluster: Labels): (input: RenderInput) => FamilyLines {
  switch (family.source) {
    case 'counters': {
      const values = ({ counters }: RenderInput) => counters.get(family.name);
      return renderOnChange(values, (input) => linesOfMetric(values(input), cluster));
    }
    case 'state': {
      const { dependsOn } = family;
      const render = ({ state }: RenderInput) => stateLines(family, state, cluster);
      return dependsOn ? renderOnChange(({ state }) => dependsOn(state), render) : render;
    }
    case 'stable series': {
      const rows = createRowRenderer(family, cluster);
      return renderOnChange(
        ({ state }) => family.dependsOn(state),
        ({ state, viewLayout }) => rows(state, viewLayout),
      );
    }
  }
}

/** Renders again only if what the lines depend on is another value or object than at the call before. */
function renderOnChange<T>(
  dependsOn: (input: RenderInput) => unknown,
  render: (input: RenderInput) => T,
): (input: RenderInput) => T {
  let latest: { readonly dependency: unknown; readonly lines: T } | undefined;
  return (input) => {
    const dependency = dependsOn(input);
    if (!latest || latest.dependency !== dependency) latest = { dependency, lines: render(input) };
    return latest.lines;
  };
}

function stateLines({ name, samples }: StateFamily, state: ClusterState, cluster: Labels): string {
  let lines = '';
  samples(state, (value, own) => {
    lines += sample(name, own ? joinLabels(cluster, own) : cluster, value);
  });
  return lines;
}
