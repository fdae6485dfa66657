import type { ClusterConfig } from '../config/config.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { Admission, Admit } from '../poll/poll.ts';
import type { SeriesLimit } from '../poll/series-limit.ts';
import type { Topology } from '../zeebe/topology.ts';
import type { Budget } from './budget.ts';
import { type ExpositionSize, expositionSize, type KnownBefore, nothingBefore } from './exposition-size.ts';

/** What all clusters together may have on the page. */
export interface Budgets {
  /** Protects the memory of the process: a topology that exceeds it fails its poll. */
  readonly bytes: Budget;
  /** Of brokers, partitions and replicas, infinite without a limit. A topology that exceeds it has none of them. */
  readonly series: Budget;
}

/** Decides on the topologies of one cluster before any of their series is rendered. */
export interface ClusterAdmission {
  readonly admit: Admit;
  /** Gives the room of the cluster to others. */
  readonly release: () => void;
}

/** `known` returns what the state has after the last poll. */
export function createClusterAdmission(
  { name, maxSeries }: ClusterConfig,
  budgets: Budgets,
  known: () => KnownBefore = () => nothingBefore,
): ClusterAdmission {
  const bytesShare = budgets.bytes.open();
  const seriesShare = budgets.series.open();
  const sizeOf = createMeasure(name, known);
  let isLimited = false;
  const limited = (series: number): SeriesLimit | undefined => {
    const max = budgets.series.max();
    if (maxSeries !== undefined && series > maxSeries) {
      seriesShare.release();
      return { series, exceeded: { setting: 'max_series', max: maxSeries } };
    }
    if (!seriesShare.admits(series)) return { series, exceeded: { setting: 'max_series_total', max } };
    return maxSeries === undefined && max === Number.POSITIVE_INFINITY ? undefined : { series };
  };
  return {
    admit: (topology) => {
      const { bytes, series } = sizeOf(topology);
      // Also counted without its series: the topology itself stays in memory, for the verdict and the status page.
      const isAdmitted = bytesShare.admits(bytes);
      if (topology && isAdmitted) {
        const seriesLimit = limited(series);
        isLimited = seriesLimit?.exceeded !== undefined;
        return { ok: true, ...omitUndefined({ seriesLimit }) };
      }
      // A failed poll leaves the leader changes on the page, unless the series exceed a limit.
      seriesShare.admits(isLimited ? 0 : sizeOf(undefined).series);
      return topology ? noRoom(bytes, budgets.bytes.max()) : { ok: true };
    },
    release: () => {
      bytesShare.release();
      seriesShare.release();
    },
  };
}

/** Returns a function that measures again only if the topology, or what is known, is another object than before. */
function createMeasure(cluster: string, known: () => KnownBefore): (topology: Topology | undefined) => ExpositionSize {
  let latest: (KnownBefore & { readonly topology: Topology | undefined; readonly size: ExpositionSize }) | undefined;
  return (topology) => {
    const { leaders, knownBrokers } = known();
    const isSame = latest?.topology === topology && latest?.leaders === leaders && latest.knownBrokers === knownBrokers;
    if (latest && isSame) return latest.size;
    const size = expositionSize(cluster, topology, { leaders, knownBrokers });
    latest = { topology, leaders, knownBrokers, size };
    return size;
  };
}

function noRoom(bytes: number, maxBytes: number): Admission {
  return { ok: false, failure: { reason: 'too_large', problem: { kind: 'no_room_on_page', bytes, maxBytes } } };
}
