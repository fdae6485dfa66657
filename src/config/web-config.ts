import { dirname } from 'node:path';
import { createSecureContext } from 'node:tls';
import { omitUndefined } from '../omit-undefined.ts';
import { Secret } from '../secret.ts';
import type { LoadedWebConfig, TlsServerConfig, Users, WebConfigFile } from './config.ts';
import { readMapping, readMappingFile } from './config-file.ts';
import { contentsOf, digestsOf, type ReadFile } from './file-reader.ts';
import type { Problem } from './problem.ts';
import { resolve, type Settings, settingsOf } from './resolve.ts';
import { serverContextOptions } from './secure-context.ts';
import { boolean, group, map, type Table } from './setting.ts';
import {
  belongTogether,
  certificates,
  type FileSettings,
  namedFiles,
  privateKey,
  valueOrFile,
} from './setting-files.ts';
import { serverTls } from './tls-settings.ts';

/** exporter-toolkit's closed list, with the values that a header is limited to. */
const knownHeaders: Readonly<Record<string, readonly string[]>> = {
  'Content-Security-Policy': [],
  'Strict-Transport-Security': [],
  'X-Content-Type-Options': ['nosniff'],
  'X-Frame-Options': ['deny', 'sameorigin'],
  'X-XSS-Protection': [],
};

/** A header without a value is not sent. */
function responseHeaders(raw: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  for (const [name, value] of raw) {
    const values = Object.hasOwn(knownHeaders, name) ? knownHeaders[name] : undefined;
    if (values === undefined) throw new Error(`headers among ${Object.keys(knownHeaders).join(', ')}`);
    if (value !== '' && values.length > 0 && !values.includes(value)) {
      throw new Error(`${values.join(' or ')} for ${name}`);
    }
    if (!/^[\t\x20-\x7e]*$/.test(value)) throw new Error(`a value of ${name} in ASCII, without control characters`);
  }
  return Object.fromEntries(raw.filter(([, value]) => value !== ''));
}

/** At a cost of 18 a password takes a core about 20 seconds; each step doubles that. */
const hash = /^\$2[aby]\$(0[4-9]|1[0-8])\$[./A-Za-z\d]{53}$/;

function bcryptHashes(raw: readonly (readonly [string, string])[]): Users {
  for (const [username, password] of raw) {
    if (username === '' || /[:\p{Cc}]/u.test(username)) {
      throw new Error('user names that are not empty, without colons and control characters (RFC 7617)');
    }
    if (!hash.test(password)) {
      // A key in the wrong place may be a password.
      const whose = /^[\w.@-]{1,64}$/.test(username) ? ` for ${username}` : '';
      throw new Error(`a bcrypt hash with a cost from 4 to 18${whose}, as \`htpasswd -nBC 10 <user>\` writes it`);
    }
  }
  return new Map(raw.map(([username, password]) => [username, new Secret(password)]));
}

/** The settings of the file that `--web.config.file` names, in exporter-toolkit's format. */
export const webTable = {
  ...group('tls_server_config', serverTls),
  'http_server_config.http2': boolean({
    doc: 'Accepted for compatibility, without effect: only HTTP/1.1 is served.',
    default: true,
    format: (raw) => raw,
  }),
  'http_server_config.headers': map({
    doc: `Headers of all responses: ${Object.keys(knownHeaders).join(', ')}. A header with an empty value is not sent.`,
    default: [],
    format: responseHeaders,
  }),
  basic_auth_users: map({
    doc: 'User names, with the bcrypt hashes of their passwords (cost 4 to 18).',
    default: [],
    format: bcryptHashes,
    isSecret: true,
  }),
} satisfies Table;

/** A web configuration before the files that it names are read. */
export interface WebConfigDescription {
  readonly path: string;
  /** Of the files that it names. */
  readonly paths: readonly string[];
  /** Undefined if the file is not a YAML mapping. */
  readonly settings: Settings<typeof webTable> | undefined;
  /** Also takes the problems that `loadWebConfig` finds. */
  readonly problems: readonly Problem[];
}

/** Reads the file itself. */
export function describeWebConfig(path: string, readFile: ReadFile): WebConfigDescription {
  const problems: Problem[] = [];
  const file = readMappingFile(path, readFile, problems);
  if (file === undefined) return { path, paths: [], settings: undefined, problems };
  const source = readMapping(file.content, { yaml: file.yaml, root: [], table: webTable, alsoKnown: [], problems });
  const settings = settingsOf(webTable, resolve(webTable, [source], problems), problems);
  return { path, paths: namedFiles(settings.resolved, dirname(path)), settings, problems };
}

/** Reads the files that the web configuration names. Returns undefined if there are problems. */
export function loadWebConfig(description: WebConfigDescription, readFile: ReadFile): LoadedWebConfig | undefined {
  const { path, paths, settings, problems } = description;
  const file = settings && webConfigFile({ settings, folder: dirname(path), readFile });
  if (file === undefined || problems.length > 0) return undefined;
  return { path, file, digests: digestsOf(contentsOf([path, ...paths], readFile)) };
}

function webConfigFile(files: FileSettings<typeof webTable>): WebConfigFile {
  const { settings } = files;
  const headers = settings.value('http_server_config.headers');
  const hasTls = settings.has('tls_server_config');
  if ('Strict-Transport-Security' in headers && !hasTls) {
    const expected = 'tls_server_config beside Strict-Transport-Security (RFC 6797, 7.2)';
    settings.report('http_server_config.headers', expected, 'none');
  }
  const tls = hasTls ? tlsServerConfig(files) : undefined;
  return { ...omitUndefined({ tls }), headers, users: settings.value('basic_auth_users') };
}

type WebSettings = Settings<typeof webTable>;

function tlsServerConfig(files: FileSettings<typeof webTable>): TlsServerConfig | undefined {
  const { settings } = files;
  requireOneOfBoth(settings, 'tls_server_config.cert');
  const cert = valueOrFile(files, 'tls_server_config.cert', certificates);
  requireOneOfBoth(settings, 'tls_server_config.key');
  const key = valueOrFile(files, 'tls_server_config.key', privateKey);
  const clientCa = valueOrFile(files, 'tls_server_config.client_ca', certificates);
  checkClientAuth(settings);
  checkVersions(settings);
  if (cert === undefined || key === undefined) return undefined;
  if (!belongTogether(cert, key)) {
    settings.report('tls_server_config.key', 'the key of the certificate', 'another key');
    return undefined;
  }
  const config: TlsServerConfig = {
    cert,
    key,
    clientAuthType: settings.value('tls_server_config.client_auth_type'),
    minVersion: settings.value('tls_server_config.min_version'),
    maxVersion: settings.value('tls_server_config.max_version'),
    preferServerCipherSuites: settings.value('tls_server_config.prefer_server_cipher_suites'),
    ...omitUndefined({
      clientCa,
      clientAllowedSans: settings.value('tls_server_config.client_allowed_sans'),
      cipherSuites: settings.value('tls_server_config.cipher_suites'),
      curves: settings.value('tls_server_config.curve_preferences'),
    }),
  };
  checkSecureContext(settings, config);
  return config;
}

function requireOneOfBoth(settings: WebSettings, key: 'tls_server_config.cert' | 'tls_server_config.key'): void {
  const fileKey = `${key}_file`;
  if (settings.has(key) || settings.has(fileKey)) return;
  settings.report(fileKey, 'a file, or its content in PEM in the setting without _file', 'nothing');
}

function checkVersions(settings: WebSettings): void {
  const [min, max] = ['tls_server_config.min_version', 'tls_server_config.max_version'] as const;
  if (settings.value(min) <= settings.value(max)) return;
  settings.report(max, `at least the min_version, ${settings.shown(min)}`, settings.shown(max));
}

function checkClientAuth(settings: WebSettings): void {
  const hasCa = settings.has('tls_server_config.client_ca') || settings.has('tls_server_config.client_ca_file');
  const type = settings.value('tls_server_config.client_auth_type');
  const report = (expected: string) => {
    settings.report('tls_server_config.client_auth_type', expected, type);
  };
  if (!settings.valid('tls_server_config.client_auth_type')) return;
  const verifies = type === 'VerifyClientCertIfGiven' || type === 'RequireAndVerifyClientCert';
  if (verifies && !hasCa) report('client_ca_file or client_ca beside a client_auth_type that verifies');
  if (type === 'NoClientCert' && hasCa) report('a client_auth_type other than NoClientCert beside a client CA');
  const requires = type === 'RequireAnyClientCert' || type === 'RequireAndVerifyClientCert';
  if (settings.has('tls_server_config.client_allowed_sans') && !requires) {
    report('RequireAnyClientCert or RequireAndVerifyClientCert beside client_allowed_sans');
  }
}

/** Reports keys that are too short, weak signatures and combinations that OpenSSL does not support. */
function checkSecureContext(settings: WebSettings, config: TlsServerConfig): void {
  try {
    createSecureContext(serverContextOptions(config));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'a refusal';
    settings.report('tls_server_config', 'what OpenSSL can serve with', code);
  }
}
