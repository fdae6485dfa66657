import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import type { Problem } from '../../src/config/problem.ts';
import { readWebConfig } from '../../src/config/web-config.ts';
import { complaints, fileWith, onlyCluster, saasFileWith } from './loading.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/config/${name}`, import.meta.url), 'utf8');
const certificate = fixture('client-cert.pem');
const key = fixture('client-key.pem');
const place = 'conf/exporter.yml:4: clusters[0]';
const inConf = (name: string) => `${process.cwd()}/conf/${name}`;

const withMark = (text: string) => Buffer.from(`\uFEFF${text}`);
const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');
const utf16BigEndian = (text: string) => utf16(text).swap16();
const latin1 = (text: string) => Buffer.from(text, 'latin1');

const mutualTls = fileWith('tls_config: { ca_file: cert.pem, cert_file: cert.pem, key_file: key.pem }');
const basic = fileWith('basic_auth: { username: demo, password_file: secret }');

describe('a byte order mark', () => {
  it('is no part of a secret', () => {
    const { authentication } = onlyCluster({ file: basic, files: { 'conf/secret': withMark('opensesame\n') } });
    expect(authentication.method === 'basic' && authentication.password.open()).toBe('opensesame');
  });

  it('is no part of a configuration file', () => {
    expect(onlyCluster({ file: withMark(fileWith()) }).name).toBe('one');
  });

  it('is no part of certificates and keys', () => {
    const files = { 'conf/cert.pem': withMark(certificate), 'conf/key.pem': withMark(key) };
    const { tls } = onlyCluster({ file: mutualTls, files }).transport;
    expect(tls).toMatchObject({ ca: certificate, cert: certificate });
    expect(tls.key?.open()).toBe(key);
  });

  it('is no part of a key that signs', () => {
    const file = saasFileWith('oauth2: { client_id: a, client_certificate_key_file: key.pem }');
    const { authentication } = onlyCluster({ file, files: { 'conf/key.pem': withMark(key) } });
    expect(authentication).toMatchObject({ clientAuthentication: { method: 'private_key_jwt' } });
  });
});

describe('Latin-1', () => {
  it('is refused in a configuration file, with line and column', () => {
    expect(complaints({ file: latin1(`# a\n# b\n# ééé\n${fileWith()}`) })).toEqual([
      'conf/exporter.yml:3:3: expected text in UTF-8, found a byte of another encoding, such as Latin-1',
    ]);
  });

  it('is refused in a secret, with file, line and column, and without the secret', () => {
    expect(complaints({ file: basic, files: { 'conf/secret': latin1('opensesamé') } })).toEqual([
      `${place}.basic_auth.password_file: expected a file in UTF-8, found ${inConf('secret')}:1:10: a byte of another encoding, such as Latin-1`,
    ]);
  });

  it('is refused in a variable', () => {
    // What Node.js makes of such a byte.
    expect(complaints({ env: { ZEEBE_CLUSTER_NAME: 'M\uFFFDnchen' } })).toEqual([
      'ZEEBE_CLUSTER_NAME: expected text in UTF-8, found a byte of another encoding, such as Latin-1',
    ]);
  });

  it('may stand beside the certificates of a bundle', () => {
    const files = { 'conf/ca.pem': latin1(`# Autorité\n${certificate}`) };
    expect(onlyCluster({ file: fileWith('tls_config: { ca_file: ca.pem }'), files }).transport.tls.ca).toContain(
      certificate,
    );
  });
});

describe.each([
  ['UTF-16', utf16],
  ['UTF-16, big-endian', utf16BigEndian],
])('%s', (_encoding, encoded) => {
  it('is refused in a configuration file', () => {
    expect(complaints({ file: encoded(fileWith()) })).toEqual([
      'conf/exporter.yml: expected text in UTF-8, found UTF-16',
    ]);
  });

  it('is refused in secrets, certificates and keys', () => {
    expect(complaints({ file: basic, files: { 'conf/secret': encoded('opensesame') } })).toEqual([
      `${place}.basic_auth.password_file: expected a file in UTF-8, found ${inConf('secret')}: UTF-16`,
    ]);
    const files = { 'conf/cert.pem': encoded(certificate), 'conf/key.pem': encoded(key) };
    expect(complaints({ file: mutualTls, files })).toEqual(
      ['cert_file', 'key_file', 'ca_file'].map((name) => {
        const found = inConf(name === 'key_file' ? 'key.pem' : 'cert.pem');
        return `${place}.tls_config.${name}: expected a file in UTF-8, found ${found}: UTF-16`;
      }),
    );
    const file = saasFileWith('oauth2: { client_id: a, client_certificate_key_file: key.pem }');
    expect(complaints({ file, files })).toEqual([
      `${place}.oauth2.client_certificate_key_file: expected a file in UTF-8, found ${inConf('key.pem')}: UTF-16`,
    ]);
  });
});

describe('a web configuration', () => {
  const hash = '$2y$10$CNJkoWCrBkoO4t1PuNtHrOU7li6xvav6tsqOR.5CKrmSX2h2.Jx3y';
  const users = (name: string) => `basic_auth_users:\n  ${name}: ${hash}\n`;
  const tls = 'tls_server_config: { cert_file: cert.pem, key_file: key.pem }\n';

  function read(files: Readonly<Record<string, Buffer>>) {
    const problems: Problem[] = [];
    const file = readWebConfig(
      'web.yml',
      (path) => files[path.replace(`${process.cwd()}/`, '')] ?? Buffer.of(),
      problems,
    );
    return { file, problems };
  }

  it('may have a byte order mark, and so may its certificates and keys', () => {
    const files = {
      'web.yml': withMark(tls + users('demo')),
      'cert.pem': withMark(certificate),
      'key.pem': withMark(key),
    };
    const { file, problems } = read(files);
    expect(problems).toEqual([]);
    expect(file?.tls).toMatchObject({ cert: certificate });
    expect([...(file?.users.keys() ?? [])]).toEqual(['demo']);
  });

  it('is in no other encoding', () => {
    expect(read({ 'web.yml': latin1(users('démo')) }).problems).toEqual([
      { place: 'web.yml:2:4', expected: 'text in UTF-8', found: 'a byte of another encoding, such as Latin-1' },
    ]);
    expect(read({ 'web.yml': utf16(users('demo')) }).problems).toEqual([
      { place: 'web.yml', expected: 'text in UTF-8', found: 'UTF-16' },
    ]);
  });

  it('has users of whole characters', () => {
    expect(read({ 'web.yml': Buffer.from(users('"\\uD800"')) }).problems).toMatchObject([
      { place: 'web.yml:1: basic_auth_users', expected: 'text of whole characters' },
    ]);
  });
});
