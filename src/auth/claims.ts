import type { JWTPayload } from 'jose';
import { decodeJwt } from 'jose/jwt/decode';

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
