import type { Logger } from 'pino';
import { type Clock, rejectWhenAborted, sleep, withDeadline } from '../clock.ts';
import { errorText } from '../redact.ts';
import type { LeaseRecord, LeaseStore, StoredLease } from './lease.ts';

// The algorithm is that of leaderelection in Kubernetes' client-go, with these differences: a term is counted from
// before the request that renewed it, and an identity is never used by two processes.

/** Milliseconds. */
export interface ElectionTiming {
  /** How long the other candidates wait after they have seen the last renewal. */
  readonly leaseDuration: number;
  /** How long a leader leads after its last renewal. Shorter, so that it has ended before another one begins. */
  readonly renewDeadline: number;
  /** Between two attempts. */
  readonly retryPeriod: number;
}

/** The defaults of client-go. */
export const defaultTiming: ElectionTiming = { leaseDuration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000 };

export interface ElectionOptions {
  readonly store: LeaseStore;
  /** Unique to this process. */
  readonly identity: string;
  readonly timing?: ElectionTiming;
  /** Called when a term begins. */
  readonly lead: () => Promise<void>;
  /** Called when a term has ended because the lease was not renewed. */
  readonly standBy: () => Promise<void>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface Election {
  /**
   * Whether this process leads. False from the end of the term on, even if the process was paused and `standBy` has not
   * been called yet.
   */
  readonly leads: () => boolean;
  /** Ends the candidacy, then the work of the leader, and then releases the lease. */
  readonly stop: (endWork: () => Promise<void>) => Promise<void>;
}

/** A lease as it was last seen. */
interface Observed extends StoredLease {
  /** When this version was first seen, by the monotonic clock. */
  readonly at: number;
}

/** What an attempt has found. With `heldSince`, this process holds the lease: the time before the request was sent. */
interface Attempt {
  /** Absent while no lease has been seen yet. */
  readonly observed: Observed | undefined;
  readonly heldSince?: number;
}

/** Takes part in the election of a leader until it is stopped. */
export function takePart(options: ElectionOptions): Election {
  const stopping = new AbortController();
  const candidate = createCandidate(options, stopping.signal);
  const ended = run(candidate, options, stopping.signal);
  return {
    leads: () => candidate.remainingTerm() > 0,
    stop: async (endWork) => {
      stopping.abort();
      await ended;
      await endWork();
      await candidate.resign();
    },
  };
}

async function run(candidate: Candidate, options: ElectionOptions, signal: AbortSignal): Promise<void> {
  const { lead, standBy, logger, identity, random, timing = defaultTiming } = options;
  for (;;) {
    while (!signal.aborted && !(await candidate.attempt())) {
      // Candidates that start together do not keep sending their requests together.
      await sleep(timing.retryPeriod * (1 + 1.2 * random()), signal);
    }
    if (signal.aborted) return;
    logger.info({ identity }, 'this exporter leads from now on');
    // A rejection is unexpected and ends the process, so that another one leads.
    const leading = lead();
    await renewUntilLost(candidate, timing.retryPeriod, options.clock, signal);
    await leading;
    if (signal.aborted) return;
    const holder = candidate.otherHolder();
    const reason = holder === undefined ? 'the lease was not renewed in time' : `${holder} has taken the lease`;
    logger.warn({ identity, ...(holder && { leader: holder }) }, `this exporter no longer leads: ${reason}`);
    await standBy();
  }
}

async function renewUntilLost(
  candidate: Candidate,
  retryPeriod: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let next = clock.monotonic() + retryPeriod;
  while (!signal.aborted && candidate.remainingTerm() > 0) {
    await sleep(Math.min(next - clock.monotonic(), candidate.remainingTerm()), signal);
    if (signal.aborted || candidate.remainingTerm() <= 0) return;
    // Counted from before the request: a slow answer leaves less time for the next one.
    next = clock.monotonic() + retryPeriod;
    await candidate.attempt();
  }
}

interface Candidate {
  /** Renews the lease, or takes it if it is free or has expired. Resolves to whether this process holds it. */
  readonly attempt: () => Promise<boolean>;
  /** Milliseconds for which this process still leads without a renewal; not above 0 if it does not lead. */
  readonly remainingTerm: () => number;
  /** The holder of the lease when it was last seen, if that is another process. */
  readonly otherHolder: () => string | undefined;
  /** Releases the lease if this process holds it. */
  readonly resign: () => Promise<void>;
}

function createCandidate(options: ElectionOptions, signal: AbortSignal): Candidate {
  const { clock, logger, identity, store, timing = defaultTiming } = options;
  const report = createReport(identity, logger);
  let observed: Observed | undefined;
  let termEndsAt = Number.NEGATIVE_INFINITY;
  const remainingTerm = () => termEndsAt - clock.monotonic();
  // Leaves time for a second attempt if the answer to the first one is lost.
  const maxTimeout = timing.renewDeadline / 2;

  return {
    remainingTerm,
    otherHolder: () => {
      const holder = observed?.record.holder;
      return holder === '' || holder === identity ? undefined : holder;
    },
    attempt: async () => {
      const timeout = remainingTerm() > 0 ? Math.min(maxTimeout, remainingTerm()) : maxTimeout;
      try {
        // An attempt that takes longer counts as failed, even if its request still succeeds.
        const found = await withDeadline(timeout, signal, (deadline) =>
          Promise.race([acquireOrRenew({ ...options, timing, observed }, deadline), rejectWhenAborted(deadline)]),
        );
        observed = found.observed;
        termEndsAt = found.heldSince === undefined ? Number.NEGATIVE_INFINITY : found.heldSince + timing.renewDeadline;
        if (observed) report.observed(observed.record);
      } catch (error) {
        if (!signal.aborted) report.failed(error);
        return false;
      }
      return remainingTerm() > 0;
    },
    resign: async () => {
      if (remainingTerm() > 0) await release(store, identity, maxTimeout, report);
      termEndsAt = Number.NEGATIVE_INFINITY;
    },
  };
}

interface AttemptOptions extends Pick<ElectionOptions, 'store' | 'identity' | 'clock'> {
  readonly timing: ElectionTiming;
  readonly observed: Observed | undefined;
}

/** Renews the lease if this process holds it, takes it if it is free or has expired. Rejects if a request fails. */
async function acquireOrRenew(options: AttemptOptions, signal: AbortSignal): Promise<Attempt> {
  const { store, identity, clock, observed } = options;
  const sentAt = clock.monotonic();
  const held = (lease: StoredLease): Attempt => ({ observed: { ...lease, at: sentAt }, heldSince: sentAt });

  // The leader expects that nothing has changed, and needs one request then. Otherwise, for example if the lease was
  // deleted, it reads the lease again.
  if (observed?.record.holder === identity && !hasExpired(observed, clock)) {
    const renewed = await store
      .update(recordAfter(observed.record, options), observed.version, signal)
      .catch(() => 'conflict' as const);
    if (renewed !== 'conflict') return held(renewed);
  }
  const isHeldByAnother = (lease: Observed) =>
    lease.record.holder !== '' && lease.record.holder !== identity && !hasExpired(lease, clock);
  const current = await store.read(signal);
  if (current === undefined) {
    // The holder of a lease that was deleted still leads until it has expired.
    if (observed && isHeldByAnother(observed)) return { observed };
    const created = await store.create(recordAfter(undefined, options), signal);
    // Another candidate has created it since it was read. The next attempt reads it.
    return created === 'conflict' ? { observed } : held(created);
  }
  const seen = current.version === observed?.version ? observed : { ...current, at: clock.monotonic() };
  if (isHeldByAnother(seen)) return { observed: seen };
  const taken = await store.update(recordAfter(seen.record, options), seen.version, signal);
  return taken === 'conflict' ? { observed: seen } : held(taken);
}

/** Measured here from the moment at which this version was first seen: the clocks of the others do not matter. */
function hasExpired({ record, at }: Observed, clock: Clock): boolean {
  return clock.monotonic() >= at + record.durationSeconds * 1_000;
}

function recordAfter(before: LeaseRecord | undefined, { identity, clock, timing }: AttemptOptions): LeaseRecord {
  const now = clock.now();
  const isRenewal = before?.holder === identity;
  return {
    holder: identity,
    durationSeconds: timing.leaseDuration / 1_000,
    acquiredAt: isRenewal ? before.acquiredAt : now,
    renewedAt: now,
    transitions: before === undefined ? 0 : before.transitions + (isRenewal ? 0 : 1),
  };
}

/** Lets another candidate lead at once. If that fails, the others wait for the end of the lease. */
async function release({ read, update }: LeaseStore, identity: string, timeout: number, report: Report): Promise<void> {
  try {
    await withDeadline(timeout, new AbortController().signal, async (deadline) => {
      const current = await read(deadline);
      if (current?.record.holder !== identity) return;
      await update({ ...current.record, holder: '', durationSeconds: 1 }, current.version, deadline);
    });
  } catch (error) {
    report.failed(error);
  }
}

interface Report {
  readonly observed: (record: LeaseRecord) => void;
  readonly failed: (error: unknown) => void;
}

/** Logs which process leads, and failing requests, when either changes. */
function createReport(identity: string, logger: Logger): Report {
  let leader: string | undefined;
  let failing: string | undefined;
  return {
    observed: ({ holder }) => {
      failing = undefined;
      if (holder !== leader && holder !== identity && holder !== '') {
        logger.info({ leader: holder }, `this exporter stands by: ${holder} leads`);
      }
      leader = holder;
    },
    failed: (error) => {
      const { message } = errorText(error);
      if (message !== failing) logger.warn({ error: message }, `the lease could not be read or renewed: ${message}`);
      failing = message;
    },
  };
}
