import type { JWTPayload } from 'jose';
import { decodeJwt } from 'jose/jwt/decode';
import { Secret } from '../secret.ts';

/** When a token was obtained and when it ends; Unix time and durations in milliseconds. */
export interface TokenTimes {
  readonly obtainedAt: number;
  /** Absent where neither the answer nor the token tells it: the token is then used until it is refused. */
  readonly expiresAt?: number;
  readonly lifetime?: number;
}

export interface Token extends TokenTimes {
  readonly accessToken: Secret;
  /** Undefined for an opaque token. */
  readonly audiences?: readonly string[];
}

/** `expiresIn`, in seconds, is trusted (RFC 6749, 5.1); where it is missing the JWT's own `exp` is. */
export function tokenOf(accessToken: string, expiresIn: number | undefined, obtainedAt: number): Token {
  const claims = readClaims(accessToken);
  const lifetime = lifetimeOf(expiresIn, claims?.expiresAt, claims?.issuedAt, obtainedAt);
  return {
    accessToken: new Secret(accessToken),
    obtainedAt,
    ...lifetime,
    ...(claims && { audiences: claims.audiences }),
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
  // A new token that has expired: the clocks differ, and only the length of its life can be believed.
  return lifetime > 0 ? { expiresAt: obtainedAt + lifetime, lifetime } : {};
}

export function timesOf({ obtainedAt, expiresAt, lifetime }: Token): TokenTimes {
  return { obtainedAt, ...(expiresAt !== undefined && { expiresAt }), ...(lifetime !== undefined && { lifetime }) };
}

export function isAlive({ expiresAt }: TokenTimes, now: number): boolean {
  return expiresAt === undefined || now < expiresAt;
}

/**
 * Whether a poll should renew a token now: it would not last until the next poll has ended, or is near its end.
 * Short-lived tokens keep half of their life.
 */
export function isDue(
  { expiresAt, lifetime }: TokenTimes,
  now: number,
  pollInterval: number,
  pollTimeout: number,
): boolean {
  if (expiresAt === undefined || lifetime === undefined) return false;
  const margin = Math.min(Math.max(30_000, 0.05 * lifetime), lifetime / 2);
  return expiresAt - now < Math.max(pollInterval + pollTimeout, margin);
}

/** What a JWT says of itself, unverified: only the cluster can verify it. */
export interface Claims {
  readonly audiences: readonly string[];
  /** Seconds, RFC 7519, 4.1. */
  readonly expiresAt?: number;
  readonly issuedAt?: number;
}

/** Undefined for an opaque token, which is as good as a JWT. */
export function readClaims(accessToken: string): Claims | undefined {
  let payload: JWTPayload;
  try {
    payload = decodeJwt(accessToken);
  } catch {
    return undefined;
  }
  const { aud, exp, iat } = payload;
  return {
    audiences: [aud ?? []].flat().filter((audience) => typeof audience === 'string'),
    ...(isTime(exp) && { expiresAt: exp }),
    ...(isTime(iat) && { issuedAt: iat }),
  };
}

/** A moment or a duration that makes sense: thousands of years do not, and overflow a date. */
export function isTime(seconds: unknown): seconds is number {
  return typeof seconds === 'number' && seconds > 0 && seconds < 1e11;
}
