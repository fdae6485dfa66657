import { expect } from 'vitest';

/** A row with these columns, and maybe others. Values may be matchers. */
type Row = Readonly<Record<string, unknown>>;

/** What a panel is expected to show at second `at` of the story, or at some second of `within`. */
export interface ExpectedPanel {
  readonly at?: number;
  readonly within?: readonly [number, number];
  /** Absent: the overview, which shows all clusters. */
  readonly cluster?: 'payments' | 'orders' | 'inventory' | 'shipping';
  /** The selected physical tenant. Default: all. */
  readonly tenant?: string;
  readonly panel: string;
  readonly rows: readonly Row[];
  /** The panel has no other rows. */
  readonly only?: true;
}

/** The expected panels by the steps of src/simulator/fast-story.ts and of the cluster of physical tenants, shipping. Clusters are polled and scraped every second. */
export type ExpectedPanels = Readonly<Record<string, readonly ExpectedPanel[]>>;

export const some = {
  positive: expect.toSatisfy((value) => value > 0),
  number: expect.any(Number),
  broker: expect.stringMatching(/^\d$/),
};

/** A healthy cluster in the table of clusters. */
export const healthyCluster: Row = {
  Verdict: 'healthy',
  'Brokers missing': 0,
  'Partitions without leader': 0,
  'Under-replicated partitions': 0,
};

/** Returns the row for a series of a graph, a timeline or a stat panel. */
export function named(name: string, value: unknown): Row {
  return { name, value };
}
