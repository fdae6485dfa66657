import { readFile } from 'node:fs/promises';
import { createAuthority } from '../../e2e/authority.ts';

/** Returns the content of a TLS Secret, created in the folder, with an RSA key, as PS256 requires. */
export async function tlsSecret(folder: string) {
  const authority = await createAuthority(folder, 'authority');
  const { certificate, key } = await authority.issue('exporter', 'rsa');
  return { 'tls.crt': await readFile(certificate, 'utf8'), 'tls.key': await readFile(key, 'utf8') };
}
