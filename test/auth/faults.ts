import fc from 'fast-check';

/** What is wrong in the world for a while: with the token endpoint, or with the cluster. */
export interface Fault {
  readonly kind: (typeof kinds)[number];
  /** Milliseconds since the start. */
  readonly from: number;
  readonly until: number;
}

const kinds = [
  'unreachable',
  'silent',
  'refusing',
  'limiting',
  'cluster refuses',
  'cluster forgets',
  /** 403, and afterwards still to the tokens from before: their roles are those of then. */
  'cluster forbids',
] as const;

/** Milliseconds, but for `isLimited` and `seed`. */
export interface Settings {
  readonly lifetime: number;
  readonly interval: number;
  readonly timeout: number;
  readonly tokenLatency: number;
  readonly clusterLatency: number;
  readonly retryAfter: number | undefined;
  readonly faults: readonly Fault[];
  /** Whether the requests to the identity provider are limited to one a second. */
  readonly isLimited: boolean;
  /** Of the jitter. */
  readonly seed: number;
}

export const polls = 150;

/** From a second to a day, as often below a minute as above. */
const lifetime = fc.oneof(
  fc.integer({ min: 1_000, max: 60_000 }),
  fc.integer({ min: 60_000, max: 3_600_000 }),
  fc.integer({ min: 3_600_000, max: 86_400_000 }),
);
/** From a second to ten minutes, more often than not shorter than any pause. */
const interval = fc.oneof(
  fc.integer({ min: 1_000, max: 5_000 }),
  fc.integer({ min: 5_000, max: 30_000 }),
  fc.integer({ min: 30_000, max: 600_000 }),
);
/** Not `fc.double`, whose values crowd around 0. */
const part = fc.integer({ min: 0, max: 1_000 }).map((thousandths) => thousandths / 1_000);

export const settings: fc.Arbitrary<Settings> = fc
  .record({
    lifetime,
    interval,
    timeoutPart: part,
    tokenPart: part,
    clusterPart: part,
    retryAfter: fc.option(fc.integer({ min: 0, max: 600_000 }), { nil: undefined }),
    faults: fc.array(fc.record({ kind: fc.constantFrom(...kinds), begin: part, length: part }), { maxLength: 5 }),
    isLimited: fc.boolean(),
    seed: fc.nat(),
  })
  .map(({ timeoutPart, tokenPart, clusterPart, faults, ...rest }) => {
    const timeout = Math.round(1_000 + timeoutPart * (rest.interval - 1_000));
    const span = polls * rest.interval;
    return {
      ...rest,
      timeout,
      tokenLatency: Math.round((tokenPart * timeout) / 10),
      clusterLatency: Math.round((clusterPart * timeout) / 10),
      faults: faults.map(({ kind, begin, length }) => {
        const from = Math.round(begin * span);
        return { kind, from, until: from + Math.round((length * span) / 3) };
      }),
    };
  });
