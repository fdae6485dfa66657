import type { ClusterState } from '../poll/state.ts';
import type { Replica } from '../zeebe/topology.ts';
import { and, type Family, type Labels, labels } from './exposition.ts';

/** Adds one sample to a family; without labels of its own it carries the cluster's alone. */
export type Add = (value: number, own?: Labels) => void;

/** A family whose samples follow from a cluster's state alone. */
export interface StateFamily extends Family {
  readonly source: 'state';
  readonly samples: (state: ClusterState, add: Add) => void;
  /** The part of the state that the samples follow from alone, where that is one object; never changed in place. */
  readonly follows?: (state: ClusterState) => object | undefined;
}

/** A 0/1 set for each replica of the cluster's view; see replica-lines.ts. */
export interface ReplicaFamily extends Family {
  readonly source: 'replicas';
  readonly label: string;
  readonly values: readonly string[];
  /** One of `values`; undefined where the cluster does not tell. */
  readonly current: (replica: Replica) => string | undefined;
}

/** A family whose values are counted from poll to poll; see instruments.ts. */
export interface CountedFamily extends Family {
  readonly source: 'instruments';
}

export type ClusterFamily = StateFamily | ReplicaFamily | CountedFamily;

export function gauge(name: string, help: string, samples: StateFamily['samples']): StateFamily {
  return { source: 'state', name, type: 'gauge', help, samples };
}

/** A gauge of one value, absent where the value is undefined. */
export function single(name: string, help: string, value: (state: ClusterState) => number | undefined): StateFamily {
  return gauge(name, help, (state, add) => {
    const present = value(state);
    if (present !== undefined) add(present);
  });
}

/** Adds a 0/1 set: one sample for each of `values`, 1 for `current`, all 0 without one. */
export type AddSet<T extends string> = (add: Add, current: T | undefined, own?: Labels) => void;

export function zeroOneSet<T extends string>(label: string, values: readonly T[]): AddSet<T> {
  const members = values.map((value) => ({ value, pair: labels({ [label]: value }) }));
  return (add, current, own) => {
    for (const { value, pair } of members) add(value === current ? 1 : 0, own ? and(own, pair) : pair);
  };
}

export function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}
