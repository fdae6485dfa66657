import { createYielder } from '../clock.ts';
import type { ClusterState } from '../poll/state.ts';
import { sameItems } from '../same-items.ts';
import { haveSameReplicas } from '../zeebe/topology.ts';
import type { ClusterView, GroupView } from '../zeebe/view.ts';
import type { Chunk } from './chunk.ts';
import { authenticationFamilies, credentialFamilies, labelFamilies, pollFamilies } from './cluster-families.ts';
import type { LinesByFamily } from './counters.ts';
import { addSample, type ClusterFamily, joinLabels, type Labels, type StateFamily } from './family.ts';
import { type Rows, type RowsInput, renderRows } from './rows.ts';
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
export type ClusterRenderer = (state: ClusterState, counted: LinesByFamily) => Promise<ClusterPart>;

export function createClusterRenderer(cluster: Labels): ClusterRenderer {
  const seriesIn = createSeriesIdentity();
  const latest: Rendered[] = [];
  return async (state, counted) => {
    const yieldWhenBusy = createYielder();
    const input = { state, counted, viewSeries: seriesIn(state.view), cluster };
    const part: FamilyLines[] = [];
    for (const family of clusterFamilies) {
      const previous = latest[part.length];
      const rendered = renderFamily(family, input, previous);
      latest[part.length] = rendered;
      part.push(rendered.lines);
      const turn = rendered === previous ? undefined : yieldWhenBusy();
      if (turn) await turn;
    }
    return part;
  };
}

/** Returns the same object as for the view before if both list the same partitions and replicas. */
function createSeriesIdentity(): (view: ClusterView | undefined) => object | undefined {
  let latest: { readonly view: ClusterView; readonly series: object } | undefined;
  return (view) => {
    latest = view && { view, series: latest && haveSameSeries(latest.view, view) ? latest.series : {} };
    return latest?.series;
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

interface RenderInput extends RowsInput {
  readonly counted: LinesByFamily;
}

/** The lines of a family and what they were rendered from. */
interface Rendered {
  readonly dependency: unknown;
  readonly rows?: Rows | undefined;
  readonly lines: FamilyLines;
}

/** Renders a family again only if what its lines depend on is another value or object than before. */
function renderFamily(family: ClusterFamily, input: RenderInput, previous: Rendered | undefined): Rendered {
  if (family.source === 'counters') {
    const lines = input.counted.get(family.name) ?? '';
    return lines === previous?.lines ? previous : { dependency: undefined, lines };
  }
  const { state, cluster } = input;
  const dependency = family.dependsOn ? family.dependsOn(state) : {};
  if (previous && previous.dependency === dependency) return previous;
  if (family.source === 'state') return { dependency, lines: stateLines(family, state, cluster) };
  const rows = renderRows(family, input, previous?.rows);
  return { dependency, rows, lines: rows?.lines ?? '' };
}

function stateLines({ name, samples }: StateFamily, state: ClusterState, cluster: Labels): string {
  const pieces: string[] = [];
  samples(state, (value, own) => {
    addSample(pieces, name, own ? joinLabels(cluster, own) : cluster, value);
  });
  return pieces.join('');
}
