import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { compare as compareByBcrypt } from 'bcrypt';
import type { Users } from './users.ts';

interface Attempt {
  readonly username: string;
  /** As it came: bcrypt hashes bytes. */
  readonly password: Buffer;
  /** The address of the client. */
  readonly from: string;
}

type Compare = (password: Buffer, hash: string) => Promise<boolean>;

/** `busy`: too many wait already for anyone to say. */
export type Judgement = 'right' | 'wrong' | 'busy';

/** Attempts that wait or are under way, in all and of one address. */
const most = 16;
const mostOfOne = 4;

/**
 * Judges passwords. bcrypt takes a thread of the pool for some tenths of a second: one at a time, in turn. Whoever has
 * shown a right password once need not wait again: it is remembered, as a hash whose key never leaves this process.
 */
export function createPasswords(
  users: Users,
  compare: Compare = compareByBcrypt,
): (attempt: Attempt) => Promise<Judgement> {
  const key = randomBytes(32);
  const remembered = new Map<string, Buffer>();
  const pending = new Map<string, { readonly from: string; readonly judgement: Promise<Judgement> }>();
  let last: Promise<unknown> = Promise.resolve();

  const isRemembered = (username: string, digest: Buffer) => {
    const right = remembered.get(username);
    return right !== undefined && timingSafeEqual(right, digest);
  };
  const judge = async ({ username, password }: Attempt, digest: Buffer): Promise<Judgement> => {
    const isRight = await matches(users, username, password, compare);
    if (isRight) remembered.set(username, digest);
    return isRight ? 'right' : 'wrong';
  };
  return async (attempt) => {
    const { username, password, from } = attempt;
    // No user name holds a colon.
    const digest = createHmac('sha256', key).update(`${username}:`).update(password).digest();
    if (isRemembered(username, digest)) return 'right';

    const id = digest.toString('hex');
    const same = pending.get(id);
    if (same) return same.judgement;
    const ofThisOne = [...pending.values()].filter((other) => other.from === from);
    if (pending.size >= most || ofThisOne.length >= mostOfOne) return 'busy';
    const judgement = last.then(() => judge(attempt, digest)).finally(() => pending.delete(id));
    last = judgement.catch(() => {});
    pending.set(id, { from, judgement });
    return judgement;
  };
}

/** An unknown user costs as much as a known one, lest the time tells which names there are. */
async function matches(users: Users, username: string, password: Buffer, compare: Compare): Promise<boolean> {
  const known = users.get(username);
  const [anyHash] = users.values();
  const hash = known ?? anyHash;
  if (hash === undefined) return false;
  // bcrypt knows its own form by the name 2b, and htpasswd's, which is the same, by none.
  const isRight = await compare(password, hash.open().replace(/^\$2[ay]\$/, '$2b$'));
  return isRight && known !== undefined;
}
