import type { ClusterState } from '../poll/state.ts';
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

/** A family whose series seldom come and go, and whose values are whole numbers from 0 on; see lines.ts. */
export interface LaidOutFamily extends Family {
  readonly source: 'layout';
  /** The series are the same ones, in the same order, while this is the same; there are none where it is undefined. */
  readonly shape: (state: ClusterState) => unknown;
  readonly series: (state: ClusterState) => Iterable<Labels>;
  /** Puts the value of each series, in their order. */
  readonly values: (state: ClusterState, put: (value: number) => void) => void;
  /** The part of the state that the values follow from alone; never changed in place. */
  readonly follows: (state: ClusterState) => object | undefined;
}

/** A family whose values are counted from poll to poll; see instruments.ts. */
export interface CountedFamily extends Family {
  readonly source: 'instruments';
}

export type ClusterFamily = StateFamily | LaidOutFamily | CountedFamily;

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
