import { createHash, X509Certificate } from 'node:crypto';
import { decodeJwt, jwtVerify } from 'jose';
import type { RegisteredClient } from './flavours.ts';

export interface AssertionRules {
  readonly clients: ReadonlyMap<string, RegisteredClient>;
  /** The assertion must have one of them. */
  readonly audiences: readonly string[];
  /** Whether the header must have the thumbprint of the certificate. */
  readonly needsThumbprint: boolean;
  readonly now: Date;
}

/** Returns the id of the client whose certificate verifies the assertion (RFC 7523, section 3), if one does. */
export async function clientOfAssertion(
  assertion: string | undefined,
  { clients, audiences, needsThumbprint, now }: AssertionRules,
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
    return needsThumbprint && protectedHeader['x5t#S256'] !== thumbprint ? undefined : clientId;
  } catch {
    return undefined;
  }
}
