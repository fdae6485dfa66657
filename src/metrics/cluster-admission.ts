import type { ClusterConfig } from '../config/config.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { Admission, Admit } from '../poll/poll.ts';
import type { SeriesLimit } from '../poll/series-limit.ts';
import type { Topology } from '../zeebe/topology.ts';
import type { Budget } from './budget.ts';
import { type ExpositionSize, expositionSize } from './exposition-size.ts';

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

export function createClusterAdmission({ name, maxSeries }: ClusterConfig, budgets: Budgets): ClusterAdmission {
  const bytesShare = budgets.bytes.open();
  const seriesShare = budgets.series.open();
  let measured: { readonly topology: Topology; readonly size: ExpositionSize } | undefined;
  const sizeOf = (topology: Topology) => {
    if (measured?.topology !== topology) measured = { topology, size: expositionSize(name, topology) };
    return measured.size;
  };
  const release = () => {
    measured = undefined;
    bytesShare.release();
    seriesShare.release();
  };
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
      if (!topology) {
        release();
        return { ok: true };
      }
      const { bytes, series } = sizeOf(topology);
      // Also counted without its series: the topology itself stays in memory, for the verdict and the status page.
      if (bytesShare.admits(bytes)) return { ok: true, ...omitUndefined({ seriesLimit: limited(series) }) };
      seriesShare.release();
      return noRoom(bytes, budgets.bytes.max());
    },
    release,
  };
}

function noRoom(bytes: number, maxBytes: number): Admission {
  return { ok: false, failure: { reason: 'too_large', problem: { kind: 'no_room_on_page', bytes, maxBytes } } };
}
