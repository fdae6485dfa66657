import { dirname } from 'node:path';
import { createSecureContext, type SecureVersion } from 'node:tls';
import type { Secret } from '../secret.ts';
import { defined, fileReader } from './cluster-settings.ts';
import { readMapping, readMappingFile } from './config-file.ts';
import { belongTogether, certificates, privateKey, type ReadFile } from './files.ts';
import type { Problem } from './problem.ts';
import { resolve, type Settings } from './resolve.ts';
import { serverContextOptions } from './secure-context.ts';
import type { Key } from './setting.ts';
import { type ClientAuthType, type Users, webTable } from './web-table.ts';

/** What a file in exporter-toolkit's format asks of the exporter's own server. */
export interface WebConfigFile {
  /** Absent: plain HTTP. */
  readonly tls?: TlsServerConfig;
  /** Of every answer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly users: Users;
}

export interface TlsServerConfig {
  /** PEM: the certificate first, then its intermediates. */
  readonly cert: string;
  readonly key: Secret;
  readonly clientAuthType: ClientAuthType;
  /** PEM. */
  readonly clientCa?: string;
  readonly clientAllowedSans?: readonly string[];
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
  readonly preferServerCipherSuites: boolean;
  /** OpenSSL's names. */
  readonly cipherSuites?: readonly string[];
  readonly curves?: readonly string[];
}

type WebSettings = Settings<typeof webTable>;
type PemKey = 'tls_server_config.cert' | 'tls_server_config.key' | 'tls_server_config.client_ca';
type FileKey = Extract<Key<typeof webTable>, `${string}_file`>;
type Read = <V>(key: FileKey, parse: (content: Buffer) => V) => V | undefined;

/**
 * Reads the file and those that it names; relative paths start at its folder. Whatever is wrong is reported: the answer
 * is of use only where nothing was.
 */
export function readWebConfig(path: string, readFile: ReadFile, problems: Problem[]): WebConfigFile | undefined {
  const file = readMappingFile(path, readFile, problems);
  if (file === undefined) {
    return undefined;
  }
  const reading = { yaml: file.yaml, root: [], table: webTable, alsoKnown: [], problems };
  const settings = resolve(webTable, readMapping(file.content, reading), [], problems);
  const read = fileReader(settings, dirname(path), readFile);
  const headers = settings.value('http_server_config.headers');
  const hasTls = settings.has('tls_server_config');
  if ('Strict-Transport-Security' in headers && !hasTls) {
    const expected = 'tls_server_config beside Strict-Transport-Security (RFC 6797, 7.2)';
    settings.report('http_server_config.headers', expected, 'none');
  }
  const tls = hasTls ? tlsServerConfig(settings, read) : undefined;
  return { ...defined({ tls }), headers, users: settings.value('basic_auth_users') };
}

function tlsServerConfig(settings: WebSettings, read: Read): TlsServerConfig | undefined {
  const cert = required(settings, 'tls_server_config.cert', read('tls_server_config.cert_file', certificates));
  const key = required(settings, 'tls_server_config.key', read('tls_server_config.key_file', privateKey));
  const clientCa = oneOfBoth(
    settings,
    'tls_server_config.client_ca',
    read('tls_server_config.client_ca_file', certificates),
  );
  const clientAllowedSans = settings.value('tls_server_config.client_allowed_sans');
  checkClientAuth(
    settings,
    settings.has('tls_server_config.client_ca') || settings.has('tls_server_config.client_ca_file'),
  );
  const minVersion = settings.value('tls_server_config.min_version');
  const maxVersion = settings.value('tls_server_config.max_version');
  if (minVersion > maxVersion) {
    settings.report(
      'tls_server_config.max_version',
      `at least the min_version, ${settings.shown('tls_server_config.min_version')}`,
      settings.shown('tls_server_config.max_version'),
    );
  }
  if (cert === undefined || key === undefined) {
    return undefined;
  }
  if (!belongTogether(cert, key)) {
    settings.report('tls_server_config.key', 'the key of the certificate', 'another key');
    return undefined;
  }
  const config: TlsServerConfig = {
    cert,
    key,
    clientAuthType: settings.value('tls_server_config.client_auth_type'),
    minVersion,
    maxVersion,
    preferServerCipherSuites: settings.value('tls_server_config.prefer_server_cipher_suites'),
    ...defined({
      clientCa,
      clientAllowedSans,
      cipherSuites: settings.value('tls_server_config.cipher_suites'),
      curves: settings.value('tls_server_config.curve_preferences'),
    }),
  };
  reportWhatOpenSslRefuses(settings, config);
  return config;
}

/** In PEM in the file itself, or in a file of its own. */
function oneOfBoth<K extends PemKey, V>(settings: WebSettings, key: K, inFile: V | undefined) {
  const fileKey = `${key}_file` as const;
  if (settings.has(key) && settings.has(fileKey)) {
    settings.report(fileKey, `only one of ${settings.name(key)} and ${settings.name(fileKey)}`, 'both');
  }
  return settings.value(key) ?? inFile;
}

function required<K extends PemKey, V>(settings: WebSettings, key: K, inFile: V | undefined) {
  const fileKey = `${key}_file` as const;
  if (!settings.has(key) && !settings.has(fileKey)) {
    settings.report(fileKey, 'a file, or its content in PEM in the setting without _file', 'nothing');
  }
  return oneOfBoth(settings, key, inFile);
}

function checkClientAuth(settings: WebSettings, hasCa: boolean): void {
  const type = settings.value('tls_server_config.client_auth_type');
  const report = (expected: string) => {
    settings.report('tls_server_config.client_auth_type', expected, type);
  };
  if (!settings.valid('tls_server_config.client_auth_type') && settings.has('tls_server_config.client_auth_type')) {
    return;
  }
  const verifies = type === 'VerifyClientCertIfGiven' || type === 'RequireAndVerifyClientCert';
  if (verifies && !hasCa) {
    report('client_ca_file or client_ca beside a client_auth_type that verifies');
  }
  if (type === 'NoClientCert' && hasCa) {
    report('a client_auth_type other than NoClientCert beside a client CA');
  }
  const requires = type === 'RequireAnyClientCert' || type === 'RequireAndVerifyClientCert';
  if (settings.has('tls_server_config.client_allowed_sans') && !requires) {
    report('RequireAnyClientCert or RequireAndVerifyClientCert beside client_allowed_sans');
  }
}

/** A key that is too short, a signature that is too weak, a combination that it does not have. */
function reportWhatOpenSslRefuses(settings: WebSettings, config: TlsServerConfig): void {
  try {
    createSecureContext(serverContextOptions(config));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'a refusal';
    settings.report('tls_server_config', 'what OpenSSL can serve with', code);
  }
}
