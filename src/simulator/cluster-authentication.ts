import { timingSafeEqual } from 'node:crypto';
import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { empty, type HttpReply, html, problem } from './replies.ts';

/** What a cluster needs of an identity provider. `startIdentityProvider` returns one. */
export interface TokenIssuer {
  readonly issuerUrl: string;
  /** Finds the key that signed a token among the provider's published keys. */
  readonly keyOf: JWTVerifyGetKey;
  /** Returns the JWT behind an opaque token (as RFC 7662 would), or the token itself. */
  readonly introspect: (token: string) => string;
}

export interface User {
  readonly username: string;
  readonly password: string;
}

export interface TokenProvider {
  readonly issuer: TokenIssuer;
  readonly audience: string;
}

export type ClusterAuthentication =
  | { readonly method: 'none' }
  | ({ readonly method: 'basic' } & User)
  /** Accepts tokens of further providers too, as a physical tenant may be assigned several. */
  | ({ readonly method: 'oauth2'; readonly further?: readonly TokenProvider[] } & TokenProvider);

/**
 * What rejects bad credentials: the Identity SDK (8.5 to 8.7), Spring Security (8.8 and later), or an nginx in front of
 * the cluster (on SaaS, and for Basic before 8.8, which had no Basic authentication of its own).
 */
export type Refuser = 'identity' | 'spring' | 'nginx';

export interface Credentials {
  readonly authorization: string | undefined;
  /** The request's path, for the problem's `instance`. */
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Returns the response that rejects the credentials, or undefined if they are good. */
export async function refusal(
  authentication: ClusterAuthentication,
  refuser: Refuser,
  credentials: Credentials,
): Promise<HttpReply | undefined> {
  switch (authentication.method) {
    case 'none':
      return undefined;
    case 'basic':
      return basicRefusal([authentication], refuser, credentials);
    case 'oauth2': {
      const providers = [authentication, ...(authentication.further ?? [])];
      const flaws = await Promise.all(providers.map((provider) => tokenFlaw(provider, refuser, credentials)));
      const [flaw] = flaws;
      return flaw && !flaws.includes(undefined) ? tokenRefusals[refuser](flaw, credentials.path) : undefined;
    }
  }
}

export function basicRefusal(users: readonly User[], refuser: Refuser, sent: Credentials): HttpReply | undefined {
  const encoded = /^Basic +(\S+)$/i.exec(sent.authorization ?? '')?.[1];
  const given = Buffer.from(encoded ?? '', 'base64');
  const isRight = users.some(({ username, password }) => {
    const right = Buffer.from(`${username}:${password}`);
    return given.length === right.length && timingSafeEqual(given, right);
  });
  if (isRight) return undefined;
  if (refuser !== 'spring') {
    return html(401, '401 Authorization Required', { 'www-authenticate': 'Basic realm="Zeebe"' });
  }
  if (encoded !== undefined) return empty(401, { 'www-authenticate': 'Basic realm="Realm"' });
  const detail = 'An Authentication object was not found in the SecurityContext';
  return problem(401, 'Unauthorized', detail, sent.path);
}

/** What is wrong with a token, and how Spring describes it. */
interface TokenFlaw {
  readonly kind: 'missing' | 'undecodable' | 'signature' | 'claims' | 'expired';
  readonly description: string;
}

/** Seconds of clock skew that each allows. The Identity SDK checks tokens with java-jwt. */
const clockSkew: Record<Refuser, number> = { identity: 0, spring: 60, nginx: 0 };

async function tokenFlaw(
  { issuer, audience }: TokenProvider,
  refuser: Refuser,
  { authorization, now }: Credentials,
): Promise<TokenFlaw | undefined> {
  if (authorization === undefined) return { kind: 'missing', description: '' };
  const token = bearerToken(authorization);
  // Spring's bearer filter ignores other schemes, as if there were no credentials.
  if (token === undefined) return { kind: refuser === 'spring' ? 'missing' : 'undecodable', description: '' };
  try {
    await jwtVerify(issuer.introspect(token), issuer.keyOf, {
      issuer: issuer.issuerUrl,
      audience,
      currentDate: new Date(now),
      clockTolerance: clockSkew[refuser],
      requiredClaims: ['exp'],
    });
    return undefined;
  } catch (error) {
    return flawOf(error, audience);
  }
}

export const bearerToken = (authorization: string): string | undefined => /^Bearer +(\S+)$/i.exec(authorization)?.[1];

function flawOf(error: unknown, audience: string): TokenFlaw {
  if (error instanceof errors.JWTExpired) {
    const expired = new Date(Number(error.payload.exp) * 1000).toISOString().replace('.000Z', 'Z');
    return { kind: 'expired', description: `Jwt expired at ${expired}` };
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    const audiences = [error.payload.aud ?? []].flat().join(', ');
    return {
      kind: 'claims',
      description:
        error.claim === 'aud'
          ? `Token audiences are [${audiences}], expected at least one of [${audience}]`
          : `The ${error.claim} claim is not valid`,
    };
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return { kind: 'signature', description: 'Signed JWT rejected: Invalid signature' };
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    const description = 'Signed JWT rejected: Another algorithm expected, or no matching key(s) found';
    return { kind: 'signature', description };
  }
  // The keys cannot be fetched, which says nothing about the token.
  if (!(error instanceof errors.JOSEError)) throw error;
  return { kind: 'undecodable', description: 'Invalid token' };
}

/** Texts seen on 8.6.0, except that for the signature, which is taken from the Identity SDK. */
const identityDetails: Record<TokenFlaw['kind'], string> = {
  missing: 'Access Denied',
  undecodable: 'error decoding jwt',
  signature: 'the token signature is invalid',
  claims: 'the provided claims are invalid',
  expired: 'the token has expired',
};

const tokenRefusals: Record<Refuser, (flaw: TokenFlaw, path: string) => HttpReply> = {
  identity: ({ kind }, path) => problem(401, 'Unauthorized', identityDetails[kind], path),
  spring: ({ kind, description }) =>
    empty(401, {
      'www-authenticate':
        kind === 'missing'
          ? 'Bearer'
          : `Bearer error="invalid_token", error_description="An error occurred while attempting to decode the Jwt: ${description}", error_uri="https://tools.ietf.org/html/rfc6750#section-3.1"`,
    }),
  nginx: () => html(401, '401 Authorization Required'),
};
