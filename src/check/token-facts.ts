import { decodeJwt, type JWTPayload } from 'jose';
import { isTime } from '../auth/claims.ts';
import type { Token } from '../auth/token.ts';
import type { OAuth2Config } from '../config/config.ts';
import { oneLine } from '../transport/one-line.ts';
import { hideSecrets } from '../transport/secrets.ts';
import type { TokenFacts } from './step.ts';

/** What a token says of itself, unverified: claims of RFC 7519, and those of Keycloak, Auth0 and Entra ID. */
export function tokenFacts(
  { accessToken, obtainedAt, lifetime }: Token,
  { clientAuthentication, endpointParams }: OAuth2Config,
): TokenFacts {
  const claims = claimsOf(accessToken.open());
  const secrets = [clientAuthentication.secret, ...Object.values(endpointParams)].map((secret) => secret.open());
  const shown = (value: unknown) => (typeof value === 'string' ? [oneLine(hideSecrets(value, secrets))] : []);
  const first = (...values: readonly unknown[]) => values.flatMap(shown)[0];

  const client = first(claims?.azp, claims?.client_id, claims?.appid, claims?.sub);
  const issuer = first(claims?.iss);
  return {
    opaque: claims === undefined,
    ...(claims && {
      audiences: [claims.aud ?? []].flat().flatMap(shown),
      scopes: [claims.scope, claims.scp, claims.roles]
        .flat()
        .flatMap((value) => (typeof value === 'string' ? value.split(' ') : []))
        .filter((scope) => scope !== '')
        .flatMap(shown),
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
