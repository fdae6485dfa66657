import { createHash, X509Certificate } from 'node:crypto';
import { decodeJwt, jwtVerify } from 'jose';
import type { RegisteredClient } from './flavours.ts';

export interface AssertionRules {
  readonly clients: ReadonlyMap<string, RegisteredClient>;
  /** One of them must be the assertion's. */
  readonly audiences: readonly string[];
  /** Whether the header must hold the thumbprint of the certificate. */
  readonly byThumbprint: boolean;
  readonly now: Date;
}

/** The id of the client whose certificate verifies the assertion (RFC 7523, 3); undefined where none does. */
export async function assertedBy(
  assertion: string | undefined,
  { clients, audiences, byThumbprint, now }: AssertionRules,
): Promise<string | undefined> {
  try {
    const { iss: clientId = '' } = decodeJwt(assertion ?? '');
    const certificate = new X509Certificate(clients.get(clientId)?.certificate ?? '');
    const { protectedHeader } = await jwtVerify(assertion ?? '', certificate.publicKey, {
      issuer: clientId,
      subject: clientId,
      audience: [...audiences],
      requiredClaims: ['exp', 'jti'],
      currentDate: now,
    });
    const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url');
    return byThumbprint && protectedHeader['x5t#S256'] !== thumbprint ? undefined : clientId;
  } catch {
    return undefined;
  }
}
