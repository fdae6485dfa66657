import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { TlsServerConfig } from './web-config.ts';

/** Whether the certificate that a client has shown, or that it has shown none, is what is asked of clients. */
export function admits({ clientAuthType, clientAllowedSans }: TlsServerConfig, socket: TLSSocket): boolean {
  const certificate = socket.getPeerX509Certificate();
  switch (clientAuthType) {
    case 'NoClientCert':
    case 'RequestClientCert':
      return true;
    case 'VerifyClientCertIfGiven':
      return certificate === undefined || socket.authorized;
    case 'RequireAnyClientCert':
      return certificate !== undefined && isAllowed(certificate, clientAllowedSans);
    case 'RequireAndVerifyClientCert':
      return certificate !== undefined && socket.authorized && isAllowed(certificate, clientAllowedSans);
  }
}

/** When a certificate that has been verified expires, in Unix time in milliseconds; `Infinity` where there is none. */
export function admittedUntil({ clientAuthType }: TlsServerConfig, socket: TLSSocket): number {
  const isVerified = clientAuthType === 'VerifyClientCertIfGiven' || clientAuthType === 'RequireAndVerifyClientCert';
  const certificate = isVerified ? socket.getPeerX509Certificate() : undefined;
  return certificate?.validToDate.getTime() ?? Number.POSITIVE_INFINITY;
}

function isAllowed(certificate: X509Certificate, allowed: readonly string[] | undefined): boolean {
  if (allowed === undefined) return true;
  const names = alternativeNames(certificate.subjectAltName ?? '');
  return allowed.some((name) => names.has(name) || (isIP(name) !== 0 && certificate.checkIP(name) !== undefined));
}

/** DNS names, email addresses and URIs, exactly as they are: no wildcards. */
function alternativeNames(subjectAltName: string): ReadonlySet<string> {
  // Node quotes names that hold what could be taken for the next name.
  const entries = subjectAltName.matchAll(/(?:^|, )([\w ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?=, |$)/gy);
  return new Set(
    [...entries].flatMap(([, kind = '', name = '']) => {
      if (!['DNS', 'email', 'URI'].includes(kind)) return [];
      return [name.startsWith('"') ? String(JSON.parse(name)) : name];
    }),
  );
}
