import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { compare as compareByBcrypt } from 'bcrypt';
import type { Users } from '../config/web-table.ts';

interface Attempt {
  readonly username: string;
  /** As it came: bcrypt hashes bytes. */
  readonly password: Buffer;
  /** The network of the client. */
  readonly from: string;
}

type Compare = (password: Buffer, hash: string) => Promise<boolean>;

/** `busy`: too many wait already for anyone to say. */
export type Judgement = 'right' | 'wrong' | 'busy';

/**
 * Judges passwords. bcrypt takes a thread of the pool for some tenths of a second: one at a time, in turn. A right
 * password needs no further check: it is remembered, as a hash whose key never leaves this process.
 */
export function createPasswords(
  users: Users,
  compare: Compare = compareByBcrypt,
): (attempt: Attempt) => Promise<Judgement> {
  const key = randomBytes(32);
  const remembered = new Map<string, Buffer>();
  const pending = new Map<string, Promise<Judgement>>();
  const queue = createPasswordQueue();

  const isRemembered = (username: string, digest: Buffer) => {
    const right = remembered.get(username);
    return right !== undefined && timingSafeEqual(right, digest);
  };
  const judge = async ({ username, password, from }: Attempt, digest: Buffer): Promise<Judgement> => {
    const isRight = await queue.run(from, () => matches(users, username, password, compare));
    if (isRight) remembered.set(username, digest);
    if (isRight === undefined) return 'busy';
    return isRight ? 'right' : 'wrong';
  };
  return async (attempt) => {
    const { username, password } = attempt;
    // No user name holds a colon.
    const digest = createHmac('sha256', key).update(`${username}:`).update(password).digest();
    if (isRemembered(username, digest)) return 'right';

    const id = digest.toString('hex');
    const same = pending.get(id);
    if (same) return same;
    const judgement = judge(attempt, digest).finally(() => pending.delete(id));
    pending.set(id, judgement);
    return judgement;
  };
}

/**
 * Every wrong password costs what the most costly hash of all users costs, so that the time tells neither whether there
 * is a user of that name nor which cost its hash has: a cost of n is 2^n rounds, and 2^n + 2^n + 2^(n+1) + … + 2^(m-1)
 * are 2^m.
 */
async function matches(users: Users, username: string, password: Buffer, compare: Compare): Promise<boolean> {
  const known = users.get(username)?.open();
  const highest = Math.max(...[...users.values()].map((hash) => costOf(hash.open())));
  if (known === undefined) {
    await compare(password, hashOfNothing(highest));
    return false;
  }
  // bcrypt knows its own form by the name 2b, and htpasswd's, which is the same, by none.
  if (await compare(password, known.replace(/^\$2[ay]\$/, '$2b$'))) return true;
  for (let cost = costOf(known); cost < highest; cost++) await compare(password, hashOfNothing(cost));
  return false;
}

/** `$2b$10$…` */
function costOf(hash: string): number {
  return Number(hash.slice(4, 6));
}

/** A hash that costs a comparison, and that no password is known for. */
function hashOfNothing(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
}

/** Checks of passwords, one at a time. */
export interface PasswordQueue {
  /** Undefined where there is no place, or another network that deserves it more has taken it. */
  readonly run: (network: string, check: () => Promise<boolean>) => Promise<boolean | undefined>;
}

interface Waiting {
  readonly network: string;
  readonly begin: () => void;
  readonly giveUp: () => void;
}

/** Checks that wait beside the one under way. */
const maxWaiting = 15;
/** Checks of one network, waiting or under way. */
const maxPendingOfNetwork = 4;
/** Networks whose wrong passwords are counted. */
const maxCounted = 1_000;

/**
 * The turn goes to the network that has sent the fewest wrong passwords, and the last place too: those that guess wait
 * for those that do not, however many they are.
 */
function createPasswordQueue(): PasswordQueue {
  const wrong = createWrongCounts();
  let waiting: readonly Waiting[] = [];
  let running: string | undefined;

  const waitingOf = (network: string) => waiting.filter((each) => each.network === network).length;
  const leave = (one: Waiting) => {
    waiting = waiting.filter((each) => each !== one);
  };
  const byWrong = (one: Waiting, other: Waiting) => wrong.of(one.network) - wrong.of(other.network);
  const dropLast = () => {
    const byCount = (one: Waiting, other: Waiting) => waitingOf(one.network) - waitingOf(other.network);
    const last = waiting.toSorted((one, other) => byWrong(one, other) || byCount(one, other)).at(-1);
    if (last) leave(last);
    last?.giveUp();
  };
  const next = () => {
    const [first] = waiting.toSorted(byWrong);
    if (running !== undefined || !first) return;
    leave(first);
    running = first.network;
    first.begin();
  };
  const turn = (network: string) =>
    new Promise<boolean>((resolve) => {
      waiting = [...waiting, { network, begin: () => resolve(true), giveUp: () => resolve(false) }];
      next();
      if (waiting.length > maxWaiting) dropLast();
    });

  return {
    run: async (network, check) => {
      const own = waitingOf(network) + (running === network ? 1 : 0);
      if (own >= maxPendingOfNetwork || !(await turn(network))) return undefined;
      try {
        const isRight = await check();
        wrong.note(network, isRight);
        return isRight;
      } finally {
        running = undefined;
        next();
      }
    },
  };
}

/** How many wrong passwords networks have sent since their last right one; of those that were wrong last. */
function createWrongCounts() {
  const counts = new Map<string, number>();
  const of = (network: string) => counts.get(network) ?? 0;
  return {
    of,
    note: (network: string, isRight: boolean) => {
      const count = of(network) + 1;
      counts.delete(network);
      if (!isRight) counts.set(network, count);
      const [oldest] = counts.keys();
      if (counts.size > maxCounted && oldest !== undefined) counts.delete(oldest);
    },
  };
}
