import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What `kubectl create secret tls` would hold, made in that folder: an RSA key, as PS256 needs one. */
export async function tlsSecret(folder: string) {
  const at = (name: string) => join(folder, name);
  await writeFile(at('empty.cnf'), '[req]\ndistinguished_name = name\n[name]\n');
  const subject = ['-subj', '/CN=exporter', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', at('tls.key'), '-out', at('tls.crt'), '-config', at('empty.cnf')];
  await execute('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files]);
  return { 'tls.crt': await readFile(at('tls.crt'), 'utf8'), 'tls.key': await readFile(at('tls.key'), 'utf8') };
}
