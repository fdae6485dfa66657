/** The part of a Lease (coordination.k8s.io/v1) that the election uses. */
export interface LeaseRecord {
  /** Empty if the lease was released. */
  readonly holder: string;
  readonly durationSeconds: number;
  /** Unix time in milliseconds by the clock of the holder: for people, no candidate relies on it. */
  readonly acquiredAt: number;
  readonly renewedAt: number;
  /** How often the lease has passed from one holder to another. */
  readonly transitions: number;
}

export interface StoredLease {
  readonly record: LeaseRecord;
  /** Changes with every update. */
  readonly version: string;
}

/** One lease. Each function rejects if its request fails or the signal aborts. */
export interface LeaseStore {
  /** Resolves to undefined if there is none yet. */
  readonly read: (signal: AbortSignal) => Promise<StoredLease | undefined>;
  /** Resolves to `conflict` if there is one already. */
  readonly create: (record: LeaseRecord, signal: AbortSignal) => Promise<StoredLease | 'conflict'>;
  /** Replaces that version; resolves to `conflict` if there is a newer one. */
  readonly update: (record: LeaseRecord, version: string, signal: AbortSignal) => Promise<StoredLease | 'conflict'>;
}
