import type { JWTPayload } from 'jose';
import { decodeJwt } from 'jose/jwt/decode';
import { omitUndefined } from '../omit-undefined.ts';
import { Secret } from '../secret.ts';

/** When a token was obtained and when it expires; Unix time and durations in milliseconds. */
export interface TokenTimes {
  readonly obtainedAt: number;
  /** Absent if neither the response nor the token tells it: the token is then used until the cluster refuses it. */
  readonly expiresAt?: number;
  readonly lifetime?: number;
}

export interface Token extends TokenTimes {
  readonly accessToken: Secret;
  /** Absent for an opaque token. */
  readonly audiences?: readonly string[];
}

/** Takes the lifetime from `expiresIn`, in seconds (RFC 6749, 5.1); if that is missing, from the JWT's `exp`. */
export function tokenOf(accessToken: string, expiresIn: number | undefined, obtainedAt: number): Token {
  const claims = readClaims(accessToken);
  const lifetime = lifetimeOf(expiresIn, claims?.expiresAt, claims?.issuedAt, obtainedAt);
  return {
    accessToken: new Secret(accessToken),
    obtainedAt,
    ...lifetime,
    ...omitUndefined({ audiences: claims?.audiences }),
  };
}

function lifetimeOf(
  expiresIn: number | undefined,
  exp: number | undefined,
  iat: number | undefined,
  obtainedAt: number,
): Pick<TokenTimes, 'expiresAt' | 'lifetime'> {
  if (expiresIn !== undefined) return { expiresAt: obtainedAt + expiresIn * 1000, lifetime: expiresIn * 1000 };
  if (exp === undefined) return {};
  const lifetime = exp * 1000 - (iat === undefined || iat >= exp ? obtainedAt : iat * 1000);
  if (exp * 1000 > obtainedAt) return { expiresAt: exp * 1000, lifetime };
  // The new token has already expired: the clocks differ, and only its lifetime can be trusted.
  return lifetime > 0 ? { expiresAt: obtainedAt + lifetime, lifetime } : {};
}

export function timesOf({ obtainedAt, expiresAt, lifetime }: Token): TokenTimes {
  return { obtainedAt, ...omitUndefined({ expiresAt, lifetime }) };
}

export function isAlive({ expiresAt }: TokenTimes, now: number): boolean {
  return expiresAt === undefined || now < expiresAt;
}

/**
 * Tells whether a poll should renew the token now: it would expire before the next poll has ended, or expires soon. A
 * short-lived token is used for at least half of its lifetime. A token that was obtained within the last `pollTimeout`,
 * and outlives this poll, is not due: many clusters that share a short-lived token do not renew it with each poll.
 */
export function isDue(
  { obtainedAt, expiresAt, lifetime }: TokenTimes,
  now: number,
  pollInterval: number,
  pollTimeout: number,
): boolean {
  if (expiresAt === undefined || lifetime === undefined) return false;
  if (now - obtainedAt < pollTimeout && expiresAt - now > pollTimeout) return false;
  const margin = Math.min(Math.max(30_000, 0.05 * lifetime), lifetime / 2);
  return expiresAt - now < Math.max(pollInterval + pollTimeout, margin);
}

/** The claims of a JWT, unverified: only the cluster can verify them. */
export interface Claims {
  readonly audiences: readonly string[];
  /** Unix time in seconds (RFC 7519, 4.1). */
  readonly expiresAt?: number;
  readonly issuedAt?: number;
}

/** Returns undefined for an opaque token. */
export function readClaims(accessToken: string): Claims | undefined {
  const payload = decodeToken(accessToken);
  if (payload === undefined) return undefined;
  const { aud, exp, iat } = payload;
  return {
    audiences: [aud ?? []].flat().filter((audience) => typeof audience === 'string'),
    ...omitUndefined({ expiresAt: isTime(exp) ? exp : undefined, issuedAt: isTime(iat) ? iat : undefined }),
  };
}

/** Returns all claims of a JWT, unverified; undefined for an opaque token, which works as well. */
export function decodeToken(accessToken: string): JWTPayload | undefined {
  try {
    return decodeJwt(accessToken);
  } catch {
    return undefined;
  }
}

/** Accepts a time or a duration in seconds that makes sense: thousands of years do not, and overflow a date. */
export function isTime(seconds: unknown): seconds is number {
  return typeof seconds === 'number' && seconds > 0 && seconds < 1e11;
}
