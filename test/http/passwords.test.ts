import { compare, getRounds, hash } from 'bcrypt';
import { describe, expect, it } from 'vitest';
import { createPasswords } from '../../src/http/passwords.ts';
import { Secret } from '../../src/secret.ts';

const alice = await hash('pässwörd: with a colon', 4);
const users = new Map([
  ['alice', new Secret(alice)],
  ['htpasswd', new Secret(alice.replace('$2b$', '$2y$'))],
  ['old', new Secret(alice.replace('$2b$', '$2a$'))],
]);
const right = Buffer.from('pässwörd: with a colon');
const from = '192.0.2.1';

function attempt(password: Buffer | string, username = 'alice', address = from) {
  return { username, password: Buffer.from(password), from: address };
}

/** Comparisons that end when told, in turn. */
function heldComparisons() {
  const held: { readonly password: string; readonly hash: string; readonly end: (isRight: boolean) => void }[] = [];
  const compare = (password: Buffer, against: string) =>
    new Promise<boolean>((resolve) => {
      held.push({ password: password.toString(), hash: against, end: resolve });
    });
  return { held, judge: createPasswords(users, compare) };
}

/** All that can happen without a comparison that ends. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('a password', () => {
  it.each(['alice', 'htpasswd', 'old'])('is right by its bcrypt hash, in each form of it: %s', async (username) => {
    const judge = createPasswords(users);
    expect(await judge(attempt(right, username))).toBe('right');
    expect(await judge(attempt('password', username))).toBe('wrong');
  });

  it('is compared byte by byte', async () => {
    const judge = createPasswords(users);
    expect(await judge(attempt(Buffer.from('pässwörd: with a colon', 'latin1')))).toBe('wrong');
  });

  it.each(['', 'Alice', 'bob', '__proto__'])('is wrong for any other user: "%s"', async (username) => {
    expect(await createPasswords(users)(attempt(right, username))).toBe('wrong');
  });

  it.each([
    ['alice', [4, 4, 5]],
    ['bob', [5, 5]],
    ['carol', [6]],
    ['mallory', [6]],
  ])('costs as much as the most costly one where it is wrong: of %s %j', async (username, costs) => {
    const hashes = new Map([
      ['alice', new Secret(alice)],
      ['bob', new Secret(await hash('bob', 5))],
      ['carol', new Secret(await hash('carol', 6))],
    ]);
    const compared: string[] = [];
    const judge = createPasswords(hashes, async (password, against) => {
      compared.push(against);
      return compare(password, against);
    });
    expect(await judge(attempt('wrong', username))).toBe('wrong');
    expect(compared.map(getRounds)).toEqual(costs);
    const rounds = compared.reduce((sum, each) => sum + 2 ** getRounds(each), 0);
    expect(rounds).toBe(2 ** 6);
  });

  it('of an unknown user costs a comparison too', async () => {
    const { held, judge } = heldComparisons();
    const judgement = judge(attempt(right, 'bob'));
    await settled();
    expect(held.map((each) => each.hash.slice(0, 7))).toEqual([alice.slice(0, 7)]);
    held[0]?.end(true);
    expect(await judgement).toBe('wrong');
  });
});

describe('comparisons', () => {
  it('run one at a time', async () => {
    const { held, judge } = heldComparisons();
    const judgements = [judge(attempt('one')), judge(attempt('two'))];
    await settled();
    expect(held.map(({ password }) => password)).toEqual(['one']);
    held[0]?.end(false);
    await judgements[0];
    await settled();
    expect(held.map(({ password }) => password)).toEqual(['one', 'two']);
  });

  it('are not needed again for what was right once, and are for what was wrong', async () => {
    const { held, judge } = heldComparisons();
    const first = judge(attempt(right));
    await settled();
    held[0]?.end(true);
    expect(await first).toBe('right');
    const wrong = judge(attempt('wrong'));
    await settled();
    expect(held).toHaveLength(2);
    held[1]?.end(false);
    expect(await wrong).toBe('wrong');
    expect(await judge(attempt(right))).toBe('right');
    const again = judge(attempt('wrong'));
    await settled();
    expect(held).toHaveLength(3);
    held[2]?.end(false);
    expect(await again).toBe('wrong');
    // What one user's password is tells nothing of another's.
    void judge(attempt(right, 'old'));
    void judge(attempt('alice:', ''));
    await settled();
    expect(held).toHaveLength(4);
  });

  it('are shared by all who show the same', async () => {
    const { held, judge } = heldComparisons();
    const judgements = Array.from({ length: 200 }, () => judge(attempt(right)));
    await settled();
    held[0]?.end(true);
    expect(new Set(await Promise.all(judgements))).toEqual(new Set(['right']));
    expect(held).toHaveLength(1);
  });
});

describe('a flood of wrong passwords', () => {
  it('of one address fills four places, and leaves the others free', async () => {
    const { held, judge } = heldComparisons();
    const flood = Array.from({ length: 100 }, (_, index) => judge(attempt(`wrong ${index}`)));
    expect(new Set(await Promise.all(flood.slice(4)))).toEqual(new Set(['busy']));
    const judgement = judge(attempt(right, 'alice', '192.0.2.2'));
    for (let turn = 0; turn < 5; turn++) {
      await settled();
      held[turn]?.end(held[turn]?.password === right.toString());
    }
    expect(await judgement).toBe('right');
  });

  it('of many addresses fills sixteen places, and whoever was right once needs none', async () => {
    const { held, judge } = heldComparisons();
    const first = judge(attempt(right));
    await settled();
    held[0]?.end(true);
    await first;
    const flood = Array.from({ length: 100 }, (_, index) => judge(attempt(`${index}`, 'alice', `192.0.2.${index}`)));
    expect(new Set(await Promise.all(flood.slice(16)))).toEqual(new Set(['busy']));
    expect(await judge(attempt(right))).toBe('right');
    expect(await judge(attempt(right, 'old'))).toBe('busy');
  });

  it('of eight addresses, kept up, lets a new one in at its next turn', async () => {
    const { held, judge } = heldComparisons();
    let isOver = false;
    const guess = async (address: string): Promise<void> => {
      for (let count = 0; ; count++) {
        if (isOver) return;
        await judge(attempt(`${address} ${count}`, 'alice', address));
        await settled();
      }
    };
    const guessers = Array.from({ length: 32 }, (_, index) => guess(`192.0.2.${index % 8}`));
    const end = async (isRight = false) => {
      await settled();
      held.at(-1)?.end(isRight);
    };
    for (let turn = 0; turn < 10; turn++) await end();
    await settled();
    const judgement = judge(attempt(right, 'alice', '198.51.100.1'));
    await end();
    await settled();
    expect(held.at(-1)?.password).toBe(right.toString());
    await end(true);
    expect(await judgement).toBe('right');
    isOver = true;
    let guessing = guessers.length;
    for (const guesser of guessers) void guesser.then(() => guessing--);
    while (guessing > 0) await end();
  });

  it('is over when it is over', async () => {
    const { held, judge } = heldComparisons();
    const flood = Array.from({ length: 4 }, (_, index) => judge(attempt(`${index}`)));
    for (let turn = 0; turn < 4; turn++) {
      await settled();
      held[turn]?.end(false);
    }
    expect(await Promise.all(flood)).toEqual(Array(4).fill('wrong'));
    const judgement = judge(attempt(right));
    await settled();
    held[4]?.end(true);
    expect(await judgement).toBe('right');
  });
});
