import { describe, expect, it } from 'vitest';
import { ConfigError, type Problem } from '../../src/config/problem.ts';
import { readWebConfig, type WebConfigFile } from '../../src/config/web-config.ts';
import { ca, renewed, server } from './web-config-fixtures.ts';

const files = {
  'server.crt': server.cert,
  'server.key': server.key,
  'renewed.key': renewed.key,
  'clients.crt': ca,
  'not-pem': 'half a certif',
};
const tls = ['tls_server_config:', '  cert_file: server.crt', '  key_file: server.key'];

/** `conf/web.yml`, with the files above in its folder. */
function read(...lines: readonly string[]): { readonly file?: WebConfigFile; readonly complaints: readonly string[] } {
  const all: Readonly<Record<string, string>> = { 'web.yml': lines.join('\n'), ...files };
  const problems: Problem[] = [];
  const readFile = (path: string) => {
    const content = all[path.replace('/etc/conf/', '')];
    if (content === undefined) throw Object.assign(new Error('ENOENT'), { errno: -2 });
    return Buffer.from(content);
  };
  const file = readWebConfig('/etc/conf/web.yml', readFile, problems);
  const complaints = problems.length === 0 ? [] : new ConfigError(problems).message.split('\n  ').slice(1);
  return { ...(file && complaints.length === 0 && { file }), complaints };
}

const alice = '$2y$10$CNJkoWCrBkoO4t1PuNtHrOU7li6xvav6tsqOR.5CKrmSX2h2.Jx3y';

describe('a web configuration', () => {
  it('may be empty: plain HTTP, no password', () => {
    const { file } = read('');
    expect(file).toEqual({ headers: {}, users: new Map() });
  });

  it('has a certificate and its key, in files beside it', () => {
    const { file } = read(...tls);
    expect(file?.tls).toMatchObject({ cert: server.cert, clientAuthType: 'NoClientCert' });
    expect(file?.tls?.key.open()).toBe(server.key);
    expect(file?.tls).toMatchObject({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', preferServerCipherSuites: true });
  });

  it('may hold them itself', () => {
    const block = (text: string) => `|\n${text.replace(/^/gm, '    ')}`;
    const { file, complaints } = read(
      'tls_server_config:',
      `  cert: ${block(server.cert)}`,
      `  key: ${block(server.key)}`,
      `  client_ca: ${block(ca)}`,
      '  client_auth_type: RequireAndVerifyClientCert',
    );
    expect(complaints).toEqual([]);
    expect(file?.tls?.cert.trim()).toBe(server.cert.trim());
    expect(file?.tls?.clientCa?.trim()).toBe(ca.trim());
  });

  it("takes Go's names for versions, cipher suites and curves", () => {
    const { file } = read(
      ...tls,
      '  min_version: TLS12',
      '  max_version: TLS12',
      '  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]',
      '  prefer_server_cipher_suites: false',
      '  curve_preferences: [X25519, CurveP256]',
    );
    expect(file?.tls).toMatchObject({
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      cipherSuites: ['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
      preferServerCipherSuites: false,
      curves: ['X25519', 'P-256'],
    });
  });

  it('has headers of a closed list, of which empty ones are left out', () => {
    const { file } = read(
      'http_server_config:',
      '  http2: true',
      '  headers: { X-Frame-Options: deny, X-Content-Type-Options: nosniff, X-XSS-Protection: "" }',
    );
    expect(file?.headers).toEqual({ 'X-Frame-Options': 'deny', 'X-Content-Type-Options': 'nosniff' });
  });

  it('has users with bcrypt hashes, as htpasswd and others write them', () => {
    const { file } = read('basic_auth_users:', `  alice: ${alice}`, `  bob: ${alice.replace('2y', '2a')}`);
    expect([...(file?.users.keys() ?? [])]).toEqual(['alice', 'bob']);
  });
});

describe('what is wrong with it', () => {
  it.each([
    [
      'an unknown key',
      ['tls_server_confg: {}'],
      'web.yml:1: tls_server_confg: expected one of tls_server_config, http_server_config, basic_auth_users, found an unknown key',
    ],
    [
      'no certificate',
      ['tls_server_config: {}'],
      'cert_file: expected a file, or its content in PEM in the setting without _file, found nothing',
    ],
    [
      'a certificate given twice',
      [...tls, '  cert: x'],
      'cert_file: expected only one of tls_server_config.cert and tls_server_config.cert_file, found both',
    ],
    [
      'a file that is not there',
      ['tls_server_config: { cert_file: gone.crt, key_file: server.key }'],
      'web.yml:1: tls_server_config.cert_file: expected a readable file, found /etc/conf/gone.crt: no such file or directory',
    ],
    [
      'a file with something else',
      ['tls_server_config: { cert_file: not-pem, key_file: server.key }'],
      'cert_file: expected a file with PEM certificates, found another content in /etc/conf/not-pem',
    ],
    [
      'the key of another certificate',
      ['tls_server_config: { cert_file: server.crt, key_file: renewed.key }'],
      'expected the key of the certificate, found another key',
    ],
    [
      'an unknown way to ask for certificates',
      [...tls, '  client_auth_type: Always'],
      'web.yml:4: tls_server_config.client_auth_type: expected one of NoClientCert, RequestClientCert,',
    ],
    [
      'nobody to verify with',
      [...tls, '  client_auth_type: RequireAndVerifyClientCert'],
      'expected client_ca_file or client_ca beside a client_auth_type that verifies',
    ],
    [
      'a CA of clients that nobody asks for',
      [...tls, '  client_ca_file: clients.crt'],
      'expected a client_auth_type other than NoClientCert beside a client CA',
    ],
    [
      'names of clients that may stay away',
      [...tls, '  client_auth_type: RequestClientCert', '  client_allowed_sans: [a]'],
      'expected RequireAnyClientCert or RequireAndVerifyClientCert beside client_allowed_sans',
    ],
    [
      'a list of names without any',
      [...tls, '  client_auth_type: RequireAnyClientCert', '  client_allowed_sans: []'],
      'client_allowed_sans: expected at least one name, none of them empty, found []',
    ],
    [
      'an unknown version',
      [...tls, '  min_version: "1.2"'],
      'min_version: expected one of TLS10, TLS11, TLS12, TLS13, found "1.2"',
    ],
    [
      'versions upside down',
      [...tls, '  min_version: TLS13', '  max_version: TLS12'],
      'max_version: expected at least the min_version, "TLS13", found "TLS12"',
    ],
    [
      'a cipher suite by another name',
      [...tls, '  cipher_suites: [ECDHE-RSA-AES128-SHA]'],
      'cipher_suites: expected one of TLS_AES_128_GCM_SHA256,',
    ],
    [
      'an unknown curve',
      [...tls, '  curve_preferences: [P256]'],
      'curve_preferences: expected one of CurveP256, CurveP384, CurveP521, X25519, found ["P256"]',
    ],
    [
      'a header beyond the list',
      ['http_server_config: { headers: { Server: x } }'],
      'http_server_config.headers: expected headers among Content-Security-Policy,',
    ],
    [
      'a value that the header does not have',
      ['http_server_config: { headers: { X-Frame-Options: allow } }'],
      'expected deny or sameorigin for X-Frame-Options',
    ],
    [
      'a promise of TLS without TLS',
      ['http_server_config: { headers: { Strict-Transport-Security: max-age=1 } }'],
      'expected tls_server_config beside Strict-Transport-Security',
    ],
    ['users without any', ['basic_auth_users:'], 'basic_auth_users: expected a mapping from names to texts'],
    [
      'a cost that nobody waits for',
      ['basic_auth_users:', `  alice: ${alice.replace('$10$', '$31$')}`],
      'expected a bcrypt hash with a cost from 4 to 18 for alice',
    ],
    [
      'a colon in a user name',
      ['basic_auth_users:', `  "a:b": ${alice}`],
      'expected user names that are not empty, without colons',
    ],
    ['no YAML', ['tls_server_config: ['], 'web.yml:1:'],
  ])('is told: %s', (_what, lines, complaint) => {
    const { complaints } = read(...lines);
    expect(complaints.join('\n')).toContain(complaint);
  });

  it('is told all at once', () => {
    const { complaints } = read(...tls, '  min_version: TLS14', 'basic_auth_users: { bob: secret }', 'rate_limit: {}');
    expect(complaints).toHaveLength(3);
  });

  it('never shows a password, a hash or a key', () => {
    const lines = [
      'tls_server_config:',
      '  cert_file: server.crt',
      '  key: hunter2-in-the-wrong-place',
      'basic_auth_users:',
      '  bob: hunter2',
    ];
    const { complaints } = read(...lines);
    expect(complaints).toHaveLength(2);
    expect(complaints.join('\n')).not.toContain('hunter2');
    expect(complaints.join('\n')).toContain('for bob');
  });
});
