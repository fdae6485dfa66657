import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { compare as compareByBcrypt } from 'bcrypt';
import type { Users } from '../config/web-table.ts';

interface Attempt {
  readonly username: string;
  /** The bytes as sent, which is what bcrypt hashes. */
  readonly password: Buffer;
  /** The network of the client. */
  readonly network: string;
}

type Compare = (password: Buffer, hash: string) => Promise<boolean>;

/** `throttled`: not verified, as too many other passwords are waiting. */
type PasswordCheck = 'ok' | 'denied' | 'throttled';

export type VerifyPassword = (attempt: Attempt) => Promise<PasswordCheck>;

/**
 * Returns a function that verifies the passwords of these users. bcrypt occupies a thread of the pool for some tenths
 * of a second, so one password is verified at a time. A correct password is remembered, as an HMAC with a key that
 * never leaves this process, and needs no verification afterwards.
 */
export function createPasswordVerifier(users: Users, compare: Compare = compareByBcrypt): VerifyPassword {
  const key = randomBytes(32);
  const remembered = new Map<string, Buffer>();
  const pending = new Map<string, Promise<PasswordCheck>>();
  const queue = createPasswordQueue();

  const isRemembered = (username: string, digest: Buffer) => {
    const known = remembered.get(username);
    return known !== undefined && timingSafeEqual(known, digest);
  };
  const verify = async ({ username, password, network }: Attempt, digest: Buffer): Promise<PasswordCheck> => {
    const isCorrect = await queue.run(network, () => matches(users, username, password, compare));
    if (isCorrect === undefined) return 'throttled';
    if (isCorrect) remembered.set(username, digest);
    return isCorrect ? 'ok' : 'denied';
  };
  return async (attempt) => {
    const { username, password } = attempt;
    // Unambiguous, as user names contain no colon.
    const digest = createHmac('sha256', key).update(`${username}:`).update(password).digest();
    if (isRemembered(username, digest)) return 'ok';

    const id = digest.toString('hex');
    const same = pending.get(id);
    if (same) return same;
    const check = verify(attempt, digest).finally(() => pending.delete(id));
    pending.set(id, check);
    return check;
  };
}

/**
 * Compares a password with the hash of its user. A wrong password always costs as much as the most expensive hash of
 * all users, so that the response time tells neither whether the user exists nor the cost of the hash: a cost of n is
 * 2^n rounds, and 2^n + 2^n + 2^(n+1) + … + 2^(m-1) = 2^m.
 */
async function matches(users: Users, username: string, password: Buffer, compare: Compare): Promise<boolean> {
  const hash = users.get(username)?.open();
  const maxCost = Math.max(...[...users.values()].map((each) => costOf(each.open())));
  if (hash === undefined) {
    await compare(password, unmatchedHash(maxCost));
    return false;
  }
  // 2a and 2y (htpasswd) denote the same algorithm as 2b, the only name that the bcrypt package accepts for it.
  if (await compare(password, hash.replace(/^\$2[ay]\$/, '$2b$'))) return true;
  for (let cost = costOf(hash); cost < maxCost; cost++) await compare(password, unmatchedHash(cost));
  return false;
}

/** `$2b$10$…` has a cost of 10. */
function costOf(hash: string): number {
  return Number(hash.slice(4, 6));
}

/** Returns a hash of that cost which no known password matches. */
function unmatchedHash(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
}

/** Runs verifications one at a time. */
interface PasswordQueue {
  /** Returns whether the password is correct, or undefined if the verification got no place in the queue or lost it. */
  readonly run: (network: string, verification: () => Promise<boolean>) => Promise<boolean | undefined>;
}

/** Verifications that wait while another one runs. */
const maxWaiting = 15;
/** Verifications of one network that wait or run. */
const maxPendingPerNetwork = 4;
/** Networks whose wrong passwords are counted. */
const maxCountedNetworks = 1_000;

/**
 * Verifications of networks that sent fewer wrong passwords run first and, when the queue is full, keep their place. So
 * clients that guess passwords delay others by one verification at most.
 */
function createPasswordQueue(): PasswordQueue {
  const wrongCounts = createWrongCounts();
  const waiting = createWaitingList(wrongCounts.of);
  let running: string | undefined;

  const startNext = () => {
    if (running !== undefined) return;
    const next = waiting.takeFirst();
    running = next?.network;
    next?.start(true);
  };
  /** Resolves with false if another verification takes the place in the queue. */
  const turn = (network: string) =>
    new Promise<boolean>((resolve) => {
      waiting.add({ network, start: resolve });
      startNext();
      if (waiting.size() > maxWaiting) waiting.takeLast()?.start(false);
    });

  return {
    run: async (network, verification) => {
      const pending = waiting.sizeOf(network) + (running === network ? 1 : 0);
      if (pending >= maxPendingPerNetwork || !(await turn(network))) return undefined;
      try {
        const isCorrect = await verification();
        wrongCounts.record(network, isCorrect);
        return isCorrect;
      } finally {
        running = undefined;
        startNext();
      }
    },
  };
}

interface WaitingVerification {
  readonly network: string;
  /** Starts the verification (true) or gives it up (false). */
  readonly start: (isItsTurn: boolean) => void;
}

/** Verifications in the order of the wrong passwords of their networks, and of their arrival. */
function createWaitingList(wrongPasswordsOf: (network: string) => number) {
  let waiting: readonly WaitingVerification[] = [];

  const sizeOf = (network: string) => waiting.filter((each) => each.network === network).length;
  const byWrongPasswords = (one: WaitingVerification, other: WaitingVerification) =>
    wrongPasswordsOf(one.network) - wrongPasswordsOf(other.network);
  const bySize = (one: WaitingVerification, other: WaitingVerification) => sizeOf(one.network) - sizeOf(other.network);
  const take = (one: WaitingVerification | undefined) => {
    waiting = waiting.filter((each) => each !== one);
    return one;
  };
  return {
    size: () => waiting.length,
    sizeOf,
    add: (one: WaitingVerification) => {
      waiting = [...waiting, one];
    },
    takeFirst: () => take(waiting.toSorted(byWrongPasswords)[0]),
    /** Takes the last one. Of networks with equally many wrong passwords, chooses the one with the most waiting. */
    takeLast: () => take(waiting.toSorted((one, other) => byWrongPasswords(one, other) || bySize(one, other)).at(-1)),
  };
}

/** Counts the wrong passwords of networks since their last correct one. Limited to the networks that sent one last. */
function createWrongCounts() {
  const counts = new Map<string, number>();
  const of = (network: string) => counts.get(network) ?? 0;
  return {
    of,
    record: (network: string, isCorrect: boolean) => {
      const count = of(network) + 1;
      counts.delete(network);
      if (!isCorrect) counts.set(network, count);
      const [oldest] = counts.keys();
      if (counts.size > maxCountedNetworks && oldest !== undefined) counts.delete(oldest);
    },
  };
}
