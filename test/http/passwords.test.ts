import { compare, getRounds, hash } from 'bcrypt';
import { describe, expect, it } from 'vitest';
import { createPasswordVerifier } from '../../src/http/passwords.ts';
import { Secret } from '../../src/secret.ts';

const alice = await hash('pässwörd: with a colon', 4);
const users = new Map([
  ['alice', new Secret(alice)],
  ['htpasswd', new Secret(alice.replace('$2b$', '$2y$'))],
  ['old', new Secret(alice.replace('$2b$', '$2a$'))],
]);
const right = Buffer.from('pässwörd: with a colon');

function attempt(password: Buffer | string, username = 'alice', network = '192.0.2.1') {
  return { username, password: Buffer.from(password), network };
}

/** A verifier whose comparisons end when the test ends them. */
function heldComparisons() {
  const held: { readonly password: string; readonly hash: string; readonly end: (isRight: boolean) => void }[] = [];
  const compare = (password: Buffer, against: string) =>
    new Promise<boolean>((resolve) => {
      held.push({ password: password.toString(), hash: against, end: resolve });
    });
  return { held, verifyPassword: createPasswordVerifier(users, compare) };
}

/** Resolves when nothing more can happen until a comparison ends. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('the verification of a password', () => {
  it.each(['alice', 'htpasswd', 'old'])('accepts each name of the bcrypt algorithm: %s', async (username) => {
    const verifyPassword = createPasswordVerifier(users);
    expect(await verifyPassword(attempt(right, username))).toBe('ok');
    expect(await verifyPassword(attempt('password', username))).toBe('denied');
  });

  it('compares bytes, not characters', async () => {
    const verifyPassword = createPasswordVerifier(users);
    expect(await verifyPassword(attempt(Buffer.from('pässwörd: with a colon', 'latin1')))).toBe('denied');
  });

  it.each(['', 'Alice', 'bob', '__proto__'])('denies the password of another user to "%s"', async (username) => {
    expect(await createPasswordVerifier(users)(attempt(right, username))).toBe('denied');
  });

  it.each([
    ['alice', [4, 4, 5]],
    ['bob', [5, 5]],
    ['carol', [6]],
    ['mallory', [6]],
  ])('costs as much as the most expensive hash if the password is wrong: user %s, costs %j', async (username, costs) => {
    const hashes = new Map([
      ['alice', new Secret(alice)],
      ['bob', new Secret(await hash('bob', 5))],
      ['carol', new Secret(await hash('carol', 6))],
    ]);
    const compared: string[] = [];
    const verifyPassword = createPasswordVerifier(hashes, async (password, against) => {
      compared.push(against);
      return compare(password, against);
    });
    expect(await verifyPassword(attempt('wrong', username))).toBe('denied');
    expect(compared.map(getRounds)).toEqual(costs);
    const rounds = compared.reduce((sum, each) => sum + 2 ** getRounds(each), 0);
    expect(rounds).toBe(2 ** 6);
  });

  it('compares a hash for an unknown user too', async () => {
    const { held, verifyPassword } = heldComparisons();
    const check = verifyPassword(attempt(right, 'bob'));
    await settled();
    expect(held.map((each) => each.hash.slice(0, 7))).toEqual([alice.slice(0, 7)]);
    held[0]?.end(true);
    expect(await check).toBe('denied');
  });
});

describe('comparisons with bcrypt', () => {
  it('run one at a time', async () => {
    const { held, verifyPassword } = heldComparisons();
    const checks = [verifyPassword(attempt('one')), verifyPassword(attempt('two'))];
    await settled();
    expect(held.map(({ password }) => password)).toEqual(['one']);
    held[0]?.end(false);
    await checks[0];
    await settled();
    expect(held.map(({ password }) => password)).toEqual(['one', 'two']);
  });

  it('are not repeated for a password that was right, but for one that was wrong', async () => {
    const { held, verifyPassword } = heldComparisons();
    const first = verifyPassword(attempt(right));
    await settled();
    held[0]?.end(true);
    expect(await first).toBe('ok');
    const wrong = verifyPassword(attempt('denied'));
    await settled();
    expect(held).toHaveLength(2);
    held[1]?.end(false);
    expect(await wrong).toBe('denied');
    expect(await verifyPassword(attempt(right))).toBe('ok');
    const again = verifyPassword(attempt('denied'));
    await settled();
    expect(held).toHaveLength(3);
    held[2]?.end(false);
    expect(await again).toBe('denied');
    // A password that is remembered for one user is compared for another one.
    void verifyPassword(attempt(right, 'old'));
    void verifyPassword(attempt('alice:', ''));
    await settled();
    expect(held).toHaveLength(4);
  });

  it('are shared by simultaneous requests with the same credentials', async () => {
    const { held, verifyPassword } = heldComparisons();
    const checks = Array.from({ length: 200 }, () => verifyPassword(attempt(right)));
    await settled();
    held[0]?.end(true);
    expect(new Set(await Promise.all(checks))).toEqual(new Set(['ok']));
    expect(held).toHaveLength(1);
  });
});

describe('a flood of wrong passwords', () => {
  it('from one address occupies four places and leaves the others free', async () => {
    const { held, verifyPassword } = heldComparisons();
    const flood = Array.from({ length: 100 }, (_, index) => verifyPassword(attempt(`wrong ${index}`)));
    expect(new Set(await Promise.all(flood.slice(4)))).toEqual(new Set(['throttled']));
    const check = verifyPassword(attempt(right, 'alice', '192.0.2.2'));
    for (let turn = 0; turn < 5; turn++) {
      await settled();
      held[turn]?.end(held[turn]?.password === right.toString());
    }
    expect(await check).toBe('ok');
  });

  it('from many addresses occupies all sixteen places, and remembered passwords need none', async () => {
    const { held, verifyPassword } = heldComparisons();
    const first = verifyPassword(attempt(right));
    await settled();
    held[0]?.end(true);
    await first;
    const flood = Array.from({ length: 100 }, (_, index) =>
      verifyPassword(attempt(`${index}`, 'alice', `192.0.2.${index}`)),
    );
    expect(new Set(await Promise.all(flood.slice(16)))).toEqual(new Set(['throttled']));
    expect(await verifyPassword(attempt(right))).toBe('ok');
    expect(await verifyPassword(attempt(right, 'old'))).toBe('throttled');
  });

  it('from eight addresses, kept up, lets a new address be verified next', async () => {
    const { held, verifyPassword } = heldComparisons();
    let isOver = false;
    const guess = async (address: string): Promise<void> => {
      for (let count = 0; ; count++) {
        if (isOver) return;
        await verifyPassword(attempt(`${address} ${count}`, 'alice', address));
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
    const check = verifyPassword(attempt(right, 'alice', '198.51.100.1'));
    await end();
    await settled();
    expect(held.at(-1)?.password).toBe(right.toString());
    await end(true);
    expect(await check).toBe('ok');
    isOver = true;
    let guessing = guessers.length;
    for (const guesser of guessers) void guesser.then(() => guessing--);
    while (guessing > 0) await end();
  });

  it('leaves no place occupied when it has ended', async () => {
    const { held, verifyPassword } = heldComparisons();
    const flood = Array.from({ length: 4 }, (_, index) => verifyPassword(attempt(`${index}`)));
    for (let turn = 0; turn < 4; turn++) {
      await settled();
      held[turn]?.end(false);
    }
    expect(await Promise.all(flood)).toEqual(Array(4).fill('denied'));
    const check = verifyPassword(attempt(right));
    await settled();
    held[4]?.end(true);
    expect(await check).toBe('ok');
  });
});
