import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { type JSONWebKeySet, SignJWT } from 'jose';
import type { Grant } from './flavours.ts';

export interface TokenSigningKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export function newSigningKey(): TokenSigningKey {
  return { kid: randomUUID(), ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
}

export function keySetOf({ kid, publicKey }: TokenSigningKey): JSONWebKeySet {
  return { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }] };
}

/** What a token says besides the grant. */
interface TokenContext {
  readonly key: TokenSigningKey;
  readonly issuerUrl: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Seconds. */
  readonly lifetime: number;
}

export function signToken(
  { client, audience, claims }: Grant,
  { key, issuerUrl, now, lifetime }: TokenContext,
): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid })
    .setIssuer(issuerUrl)
    .setSubject(client.clientId)
    .setAudience(typeof audience === 'string' ? audience : [...audience])
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetime)
    .setJti(randomUUID())
    .sign(key.privateKey);
}
