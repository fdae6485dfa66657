import { isIPv6 } from 'node:net';
import { Secret } from '../secret.ts';
import type { ListenAddress } from './config.ts';
import { canonicalPath, webPaths } from './web-paths.ts';

/** Characters; what reads an address may take time by the square of its length. */
const maxLength = 2_048;

function httpUrl(raw: string): URL {
  if (raw.length > maxLength) {
    throw new Error(`a URL of at most ${maxLength} characters`);
  }
  const url = /^https?:\/\/[^/\\]/i.test(raw) && !/[\s\p{Cc}]/u.test(raw) ? URL.parse(raw) : null;
  if (url === null) {
    throw new Error('a URL that begins with http:// or https://');
  }
  return url;
}

function anonymousUrl(raw: string, credentialsBelongIn: string): URL {
  const url = httpUrl(raw);
  if (url.username !== '' || url.password !== '') {
    throw new Error(`a URL without user name and password (they belong in ${credentialsBelongIn})`);
  }
  if (raw.includes('#')) {
    throw new Error('a URL without a fragment (#)');
  }
  return url;
}

interface ClusterAddress {
  /** Ends with `/`. */
  readonly base: URL;
  /** What the address ended with, if it did. */
  readonly apiVersion?: 'v1' | 'v2';
}

/** A cluster's base address; the version of the API, or the whole path of the topology, may stand behind it. */
export function clusterAddress(raw: string): ClusterAddress {
  const base = anonymousUrl(raw, 'basic_auth or oauth2');
  if (raw.includes('?')) {
    throw new Error('a URL without a query (?)');
  }
  const version = /\/(v[12])(\/topology)?\/*$/.exec(base.pathname);
  const path = version === null ? base.pathname : base.pathname.slice(0, version.index);
  base.pathname = path.replace(/\/*$/, '/');
  return version === null ? { base } : { base, apiVersion: version[1] === 'v2' ? 'v2' : 'v1' };
}

/** May hold a query, but no fragment (RFC 6749, 3.2). */
export function tokenUrl(raw: string): URL {
  return anonymousUrl(raw, 'client_id and client_secret');
}

/** Holds neither query nor fragment (OpenID Connect Discovery 1.0, 3). */
export function issuerUrl(raw: string): URL {
  const url = anonymousUrl(raw, 'client_id and client_secret');
  if (raw.includes('?')) {
    throw new Error('a URL without a query (?)');
  }
  return url;
}

const discoveryPath = '/.well-known/openid-configuration';

/** The issuer whose discovery document has this URL (OpenID Connect Discovery 1.0, 4). */
export function issuerOfDiscovery(raw: string): URL {
  const url = issuerUrl(raw);
  if (!url.pathname.endsWith(discoveryPath)) {
    throw new Error(`a URL that ends in ${discoveryPath}`);
  }
  url.pathname = url.pathname.slice(0, -discoveryPath.length);
  return url;
}

export function proxyUrl(raw: string): Secret {
  const url = proxyUrlOf(raw);
  if (url === undefined) {
    throw new Error('the URL of an HTTP proxy, such as http://proxy:3128 or proxy:3128');
  }
  try {
    [url.username, url.password].map(decodeURIComponent);
  } catch {
    throw new Error('a URL whose user name and password are percent-encoded (a % in them is %25)');
  }
  return new Secret(url.href);
}

/** Names as in `Host`, in lower case. */
export function hostNames(raw: readonly string[]): readonly string[] {
  if (raw.length === 0 || !raw.every((name) => /^[a-z\d_-]+(\.[a-z\d_-]+)*$/i.test(name))) {
    throw new Error('host names without port, such as exporter.example.com');
  }
  return raw.map((name) => name.toLowerCase());
}

/** `:10650`, `localhost:10650`, `[::1]:10650`. */
function listenAddress(raw: string): ListenAddress {
  const [, ipv6, name, port] = /^(?:\[([^\]]*)\]|([\w.-]*)):(\d{1,5})$/.exec(raw) ?? [];
  const host = ipv6 ?? name;
  if (host === undefined || Number(port) > 65535 || (ipv6 !== undefined && !isIPv6(ipv6))) {
    throw new Error('addresses such as :10650, localhost:10650 or [::1]:10650');
  }
  return { ...(host !== '' && { host }), port: Number(port) };
}

export function listenAddresses(raw: readonly string[]): readonly ListenAddress[] {
  if (raw.length === 0) {
    throw new Error('at least one address, such as :10650');
  }
  return raw.map(listenAddress);
}

export function telemetryPath(raw: string): string {
  if (!/^(\/[\w.~-]+)*\/?$/.test(raw) || !raw.startsWith('/')) {
    throw new Error('a path such as /metrics (letters, digits, . _ ~ - between slashes)');
  }
  const ownPaths: readonly string[] = Object.values(webPaths);
  if (ownPaths.includes(canonicalPath(raw))) {
    throw new Error(`a path that the exporter does not serve itself (${ownPaths.join(' ')})`);
  }
  return raw;
}

/**
 * The URL of an HTTP proxy. Without a scheme it is http, as curl and Go read it: `proxy:3128`, `user:password@proxy`.
 * Undefined where the text is no such URL.
 */
export function proxyUrlOf(text: string): URL | undefined {
  if (text.length > maxLength || /[\s\p{Cc}]/u.test(text)) {
    return undefined;
  }
  if (/^https?:\/\/[^/\\]/i.test(text)) {
    return URL.parse(text) ?? undefined;
  }
  const hasNoScheme = /^(?!https?:)(?:[^/\\?#@]*@)?[^/\\?#@]+\/?$/i.test(text);
  return hasNoScheme ? (URL.parse(`http://${text}`) ?? undefined) : undefined;
}
