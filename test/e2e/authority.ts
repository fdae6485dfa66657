import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Paths of a certificate and its key, in PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate authority that is not trusted by default. */
export interface Authority {
  readonly certificate: string;
  /** Issues a certificate for clients and for servers on 127.0.0.1. Names are unique in a folder. */
  readonly issue: (commonName: string, kind?: 'rsa' | 'ec') => Promise<Identity>;
}

const newKeys = { rsa: ['rsa:2048'], ec: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] } as const;

export async function createAuthority(folder: string, commonName: string): Promise<Authority> {
  const create = async (name: string, kind: keyof typeof newKeys, extensions: readonly string[]): Promise<Identity> => {
    const certificate = join(folder, `${name}.crt`);
    const key = join(folder, `${name}.key`);
    const options = ['-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', key, '-out', certificate];
    await run('openssl', ['req', '-x509', '-newkey', ...newKeys[kind], ...options, ...extensions]);
    return { certificate, key };
  };
  const own = await create(commonName, 'ec', ['-addext', 'keyUsage=keyCertSign']);
  const signed = [
    ...['-CA', own.certificate, '-CAkey', own.key],
    ...['-addext', 'basicConstraints=critical,CA:FALSE'],
    ...['-addext', 'extendedKeyUsage=serverAuth,clientAuth'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1'],
  ];
  return { certificate: own.certificate, issue: (name, kind = 'ec') => create(name, kind, signed) };
}

/** Writes certificate and key into a PKCS#12 file, and returns its path. */
export async function pkcs12({ certificate, key }: Identity, password: string): Promise<string> {
  const file = key.replace(/\.key$/, '.p12');
  await run('openssl', [
    'pkcs12',
    '-export',
    '-in',
    certificate,
    '-inkey',
    key,
    '-out',
    file,
    '-passout',
    `pass:${password}`,
  ]);
  return file;
}

/** Returns the Base64 content of a certificate file. */
export async function base64Of({ certificate }: Identity): Promise<string> {
  return (await readFile(certificate, 'utf8')).replace(/-----.*-----|\s/g, '');
}
