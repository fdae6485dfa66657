import { expect } from 'vitest';

/** A row with these columns, whatever the others; values may be matchers. */
type Row = Readonly<Record<string, unknown>>;

/** What a panel shows, at second `at` of the story or at some second of `within`. */
export interface Scene {
  readonly at?: number;
  readonly within?: readonly [number, number];
  /** None: the overview, of all clusters. */
  readonly cluster?: 'payments' | 'orders' | 'inventory';
  readonly panel: string;
  readonly rows: readonly Row[];
  /** No other rows are there. */
  readonly only?: true;
}

/** By the steps of src/simulator/story.ts. Clusters are polled and scraped every second. */
export type Scenes = Readonly<Record<string, readonly Scene[]>>;

export const some = {
  positive: expect.toSatisfy((value) => value > 0),
  number: expect.any(Number),
  broker: expect.stringMatching(/^\d$/),
};

/** In the table of clusters. */
export const well: Row = {
  Verdict: 'healthy',
  'Brokers missing': 0,
  'Partitions without leader': 0,
  'Under-replicated partitions': 0,
};

/** A series of a graph, a timeline or a large number. */
export function named(name: string, value: unknown): Row {
  return { name, value };
}
