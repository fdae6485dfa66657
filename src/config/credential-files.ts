import { createPrivateKey, X509Certificate } from 'node:crypto';
import { getSystemErrorMessage } from 'node:util';

import { certificatesIn } from '../transport/certificates.ts';
import { pemOf, textOf } from './file-text.ts';
import { Secret } from './secret.ts';
import { secret } from './texts.ts';

/** Gives a file's content, or throws the error of the operating system. */
export type ReadFile = (path: string) => Buffer;

/** Why a file could not be read, without its content. */
export function readFailure(error: unknown): string {
  const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : Number.NaN;
  return Number.isInteger(errno) ? getSystemErrorMessage(errno) : 'it cannot be read';
}

/** A secret file's content without the newlines that editors put at its end. */
export function secretInFile(content: Buffer): Secret {
  const text = textOf(content);
  let end = text.length;
  while (text[end - 1] === '\n') {
    end -= text[end - 2] === '\r' ? 2 : 1;
  }
  return secret(text.slice(0, end));
}

/** One or more PEM certificates (RFC 7468), the last one whole too; other text between them is allowed. */
export function certificates(content: Buffer): string {
  const text = pemOf(content);
  const blocks = certificatesIn(text);
  const begun = text.split('-----BEGIN CERTIFICATE-----').length - 1;
  if (begun === 0 || blocks.length < begun || !blocks.every((block) => parses(() => new X509Certificate(block)))) {
    throw new Error('PEM certificates');
  }
  return text;
}

export function privateKey(content: Buffer): Secret {
  const pem = pemOf(content);
  if (!parses(() => createPrivateKey(pem))) {
    throw new Error('a PEM private key that is not encrypted');
  }
  return new Secret(pem);
}

/** Whether a client certificate was issued for this key. */
export function belongTogether(certificate: string, key: Secret): boolean {
  return new X509Certificate(certificatesIn(certificate)[0] ?? certificate).checkPrivateKey(
    createPrivateKey(key.open()),
  );
}

function parses(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
