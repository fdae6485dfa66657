import { createPrivateKey, X509Certificate } from 'node:crypto';
import { getSystemErrorMessage } from 'node:util';

import { Secret } from './secret.ts';
import { secret } from './texts.ts';

/** Gives a file's text, or throws the error of the operating system. */
export type ReadFile = (path: string) => string;

/** Why a file could not be read, without its content. */
export function readFailure(error: unknown): string {
  const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : Number.NaN;
  return Number.isInteger(errno) ? getSystemErrorMessage(errno) : 'it cannot be read';
}

/** A secret file's content without the newline that editors put at its end. */
export function secretInFile(content: string): Secret {
  return secret(content.replace(/(\r?\n)+$/, ''));
}

/** One or more PEM certificates (RFC 7468); other text between them is allowed. */
export function certificates(content: string): string {
  const blocks = content.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0 || !blocks.every((block) => parses(() => new X509Certificate(block)))) {
    throw new Error('PEM certificates');
  }
  return content;
}

export function privateKey(content: string): Secret {
  if (!parses(() => createPrivateKey(content))) {
    throw new Error('a PEM private key that is not encrypted');
  }
  return new Secret(content);
}

/** Whether a client certificate was issued for this key. */
export function belongTogether(certificate: string, key: Secret): boolean {
  return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key.open()));
}

function parses(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
