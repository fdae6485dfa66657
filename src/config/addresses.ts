import { isIPv6 } from 'node:net';
import { Secret } from '../secret.ts';
import type { ExternalLink, ListenAddress } from './config.ts';
import { canonicalPath, isPlainPath, webPaths } from './web-paths.ts';

/** Characters. Parsing an address may take time quadratic in its length. */
const maxLength = 2_048;

function httpUrl(raw: string): URL {
  if (raw.length > maxLength) throw new Error(`a URL of at most ${maxLength} characters`);
  const url = /^https?:\/\/[^/\\]/i.test(raw) && !/[\s\p{Cc}]/u.test(raw) ? URL.parse(raw) : null;
  if (url === null) throw new Error('a URL that begins with http:// or https://');
  return url;
}

function anonymousUrl(raw: string, credentialsBelongIn: string): URL {
  const url = httpUrl(raw);
  if (url.username !== '' || url.password !== '') {
    throw new Error(`a URL without user name and password (they belong in ${credentialsBelongIn})`);
  }
  if (raw.includes('#')) throw new Error('a URL without a fragment (#)');
  return url;
}

export interface ClusterAddress {
  /** Ends with `/`. */
  readonly base: URL;
  /** The version at the end of the address, if any. */
  readonly apiVersion?: 'v1' | 'v2';
  /** Whether the address is that of the API for the whole cluster, `cluster/v2`, which `base` does not contain. */
  readonly isWholeCluster: boolean;
  /** The physical tenant at the end of the base, if any. */
  readonly physicalTenant?: string;
}

/** Parses a cluster's base address, which may end with the version of the API or the whole path of the topology. */
export function clusterAddress(raw: string): ClusterAddress {
  const base = anonymousUrl(raw, 'basic_auth or oauth2');
  if (raw.includes('?')) throw new Error('a URL without a query (?)');
  const [, path = '', version] = /^(.*?)(?:\/(v[12])(?:\/topology)?)?\/*$/.exec(base.pathname) ?? [];
  if (path.endsWith('/topology')) throw new Error('a URL that ends before /topology');
  const isWholeCluster = path.endsWith('/cluster');
  base.pathname = `${isWholeCluster ? path.slice(0, -'/cluster'.length) : path}`.replace(/\/*$/, '/');
  const physicalTenant = physicalTenantIn(base);
  return {
    base,
    isWholeCluster,
    ...(version !== undefined && { apiVersion: version === 'v2' ? 'v2' : 'v1' }),
    ...(physicalTenant !== undefined && { physicalTenant }),
  };
}

/** Ids have lower-case letters and digits, at most 64 (Camunda 8.10, physical tenants). */
function physicalTenantIn({ pathname }: URL): string | undefined {
  const [, id] = /\/physical-tenants(?:\/([^/]*))?\/$/.exec(pathname) ?? [];
  if (id === undefined && !pathname.endsWith('/physical-tenants/')) return undefined;
  if (id !== undefined && /^[a-z\d]{1,64}$/.test(id)) return id;
  throw new Error('the id of a physical tenant after /physical-tenants/, of lower-case letters and digits');
}

/** May have a query, but no fragment (RFC 6749, 3.2). */
export function tokenUrl(raw: string): URL {
  return anonymousUrl(raw, 'client_id and client_secret');
}

/** Has neither query nor fragment (OpenID Connect Discovery 1.0, 3). */
export function issuerUrl(raw: string): URL {
  const url = anonymousUrl(raw, 'client_id and client_secret');
  if (raw.includes('?')) throw new Error('a URL without a query (?)');
  return url;
}

const discoveryPath = '/.well-known/openid-configuration';

/** Returns the issuer whose discovery document has this URL (OpenID Connect Discovery 1.0, 4). */
export function issuerOfDiscovery(raw: string): URL {
  const url = issuerUrl(raw);
  if (!url.pathname.endsWith(discoveryPath)) throw new Error(`a URL that ends in ${discoveryPath}`);
  url.pathname = url.pathname.slice(0, -discoveryPath.length);
  return url;
}

export function proxyUrl(raw: string): Secret {
  const url = proxyUrlOf(raw);
  if (url === undefined) throw new Error('the URL of an HTTP proxy, such as http://proxy:3128 or proxy:3128');
  try {
    [url.username, url.password].map(decodeURIComponent);
  } catch {
    throw new Error('a URL whose user name and password are percent-encoded (a % in them is %25)');
  }
  return new Secret(url.href);
}

/** The URL under which clients reach the exporter. */
export function externalUrl(raw: string): URL {
  const url = anonymousUrl(raw, 'the configuration of the client');
  if (raw.includes('?')) throw new Error('a URL without a query (?)');
  if (!isPlainPath(url.pathname)) throw new Error('a URL with a path of letters, digits, . _ ~ - between slashes');
  return url;
}

/** Returns names as in `Host`, in lower case. */
export function hostNames(raw: readonly string[]): readonly string[] {
  if (raw.length === 0 || !raw.every((name) => /^[a-z\d_-]+(\.[a-z\d_-]+)*$/i.test(name))) {
    throw new Error('host names without port, such as exporter.example.com');
  }
  return raw.map((name) => name.toLowerCase());
}

/** The name is shown in the browser, so a long one would break the layout. */
const maxLinkName = 40;

export function externalLinks(raw: readonly (readonly [string, string])[]): readonly ExternalLink[] {
  return raw.map(([name, template]) => {
    if (name.trim() === '' || name.length > maxLinkName || /\p{C}/u.test(name)) {
      throw new Error(`names of 1 to ${maxLinkName} characters`);
    }
    const unknown = (template.match(/\{[^{}]*\}?/g) ?? []).some((placeholder) => placeholder !== '{cluster}');
    if (unknown) throw new Error('{cluster} as the only placeholder (percent-encode other braces: %7B and %7D)');
    if (/^[^:]*:\/*[^/?#]*\{/.test(template)) throw new Error('{cluster} in the path, the query or the fragment');
    const { username, password } = httpUrl(template.replaceAll('{cluster}', 'cluster'));
    if (username !== '' || password !== '') throw new Error('URLs without user name and password');
    return { name, template };
  });
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
  if (raw.length === 0) throw new Error('at least one address, such as :10650');
  return raw.map(listenAddress);
}

export function telemetryPath(raw: string): string {
  if (!isPlainPath(raw) || !raw.startsWith('/')) {
    throw new Error('a path such as /metrics (letters, digits, . _ ~ - between slashes)');
  }
  const ownPaths: readonly string[] = Object.values(webPaths);
  if (ownPaths.includes(canonicalPath(raw))) {
    throw new Error(`a path that the exporter does not serve itself (${ownPaths.join(' ')})`);
  }
  return raw;
}

/**
 * Parses the URL of an HTTP proxy. Without a scheme it is http, as in curl and Go: `proxy:3128`, `user:password@proxy`.
 * Returns undefined if the text is not such a URL.
 */
export function proxyUrlOf(text: string): URL | undefined {
  if (text.length > maxLength || /[\s\p{Cc}]/u.test(text)) return undefined;
  if (/^https?:\/\/[^/\\]/i.test(text)) return URL.parse(text) ?? undefined;
  const hasNoScheme = /^(?!https?:)(?:[^/\\?#@]*@)?[^/\\?#@]+\/?$/i.test(text);
  return hasNoScheme ? (URL.parse(`http://${text}`) ?? undefined) : undefined;
}
