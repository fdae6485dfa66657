import { decodeJwt, type JWTPayload } from 'jose';
import { isTime } from '../auth/claims.ts';
import type { Token } from '../auth/token.ts';
import { oneLine } from '../transport/one-line.ts';
import type { TokenFacts } from './step.ts';

/** What a token says of itself, unverified: claims of RFC 7519, and those of Keycloak, Auth0 and Entra ID. */
export function tokenFacts(
  { accessToken, obtainedAt, lifetime }: Token,
  hideRest: (text: string) => string,
): TokenFacts {
  const claims = claimsOf(accessToken.open());
  const hidden = (value: unknown) => (typeof value === 'string' ? [hideRest(value)] : []);
  const shown = (values: readonly unknown[]) => values.flatMap(hidden).map((text) => oneLine(text));
  const first = (...values: readonly unknown[]) => shown(values)[0];
  // Hidden before they are parted: a secret may hold spaces.
  const scopes = [claims?.scope, claims?.scp, claims?.roles].flat().flatMap(hidden).join(' ').split(' ');

  const client = first(claims?.azp, claims?.client_id, claims?.appid, claims?.sub);
  const issuer = first(claims?.iss);
  return {
    opaque: claims === undefined,
    ...(claims && {
      audiences: shown([claims.aud ?? []].flat()),
      scopes: shown(scopes.filter((scope) => scope !== '')),
    }),
    ...(client !== undefined && { client }),
    ...(issuer !== undefined && { issuer }),
    ...(lifetime !== undefined && { lifetime_seconds: Math.round(lifetime / 1000) }),
    ...(isTime(claims?.iat) && { clock_difference_seconds: Math.round(obtainedAt / 1000 - claims.iat) }),
  };
}

function claimsOf(accessToken: string): JWTPayload | undefined {
  try {
    return decodeJwt(accessToken);
  } catch {
    return undefined;
  }
}
