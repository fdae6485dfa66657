import { readFile } from 'node:fs/promises';
import { createAuthority } from '../../e2e/authority.ts';

/** What `kubectl create secret tls` would hold, made in that folder: an RSA key, as PS256 needs one. */
export async function tlsSecret(folder: string) {
  const authority = await createAuthority(folder, 'authority');
  const { certificate, key } = await authority.issue('exporter', 'rsa');
  return { 'tls.crt': await readFile(certificate, 'utf8'), 'tls.key': await readFile(key, 'utf8') };
}
