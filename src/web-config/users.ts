import { Secret } from '../config/secret.ts';

/** User names with the bcrypt hashes of their passwords; empty: no password is asked for. */
export type Users = ReadonlyMap<string, Secret>;

/** At a cost of 18 a password takes a core some twenty seconds; each step up doubles that. */
const hash = /^\$2[aby]\$(0[4-9]|1[0-8])\$[./A-Za-z\d]{53}$/;

/** Throws an Error that completes 'expected …'. */
export function bcryptHashes(raw: readonly (readonly [string, string])[]): Users {
  for (const [username, password] of raw) {
    if (username === '' || /[:\p{Cc}]/u.test(username)) {
      throw new Error('user names that are not empty, without colons and control characters (RFC 7617)');
    }
    if (!hash.test(password)) {
      // What stands in the wrong place may be a password.
      const whose = /^[\w.@-]{1,64}$/.test(username) ? ` for ${username}` : '';
      throw new Error(`a bcrypt hash with a cost from 4 to 18${whose}, as \`htpasswd -nBC 10 <user>\` writes it`);
    }
  }
  return new Map(raw.map(([username, password]) => [username, new Secret(password)]));
}

export function sameUsers(one: Users, other: Users): boolean {
  return one.size === other.size && [...one].every(([username, hash]) => other.get(username)?.equals(hash) === true);
}
