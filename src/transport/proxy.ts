import { BlockList, isIP } from 'node:net';
import type { TransportConfig } from '../config/config.ts';
import { proxyUrlOf } from '../config/proxy-url.ts';

/**
 * The proxy that requests to a URL go through: the configured one, else that of the environment; undefined where they
 * go directly. May hold credentials.
 */
export function proxyFor(url: URL, { proxyUrl }: Pick<TransportConfig, 'proxyUrl'>): URL | undefined {
  if (proxyUrl !== undefined) return usable(proxyUrl.open());
  const [forHttp, forHttps] = environmentProxies();
  const proxy = url.protocol === 'https:' ? forHttps || forHttp : forHttp;
  return proxy && !isExcluded(url) ? usable(proxy) : undefined;
}

/**
 * What is sent to a proxy and must not be shown: the credentials as they are sent (RFC 7617), and the password. Those
 * of all proxies that requests may go through.
 */
export function proxyCredentials({ proxyUrl }: Pick<TransportConfig, 'proxyUrl'>): readonly string[] {
  const proxies = proxyUrl === undefined ? environmentProxies() : [proxyUrl.open()];
  return proxies.filter(Boolean).map(usable).flatMap(credentialsIn);
}

/** For http and for https; empty where there is none. The lower-case variable takes precedence, also where it is empty. */
function environmentProxies(): readonly [string, string] {
  const { https_proxy, HTTPS_PROXY = '', http_proxy, HTTP_PROXY = '' } = process.env;
  return [http_proxy ?? HTTP_PROXY, https_proxy ?? HTTPS_PROXY];
}

/** Throws where it is no proxy's URL, which the configuration rules out: going directly would be no answer to that. */
function usable(proxy: string): URL {
  const url = proxyUrlOf(proxy);
  if (url === undefined) throw new Error('expected the URL of an HTTP proxy, such as http://proxy:3128');
  return url;
}

function credentialsIn({ username, password }: URL): readonly string[] {
  if (username === '' && password === '') return [];
  const [user = '', secret = ''] = [username, password].map(decodeURIComponent);
  return [secret, Buffer.from(`${user}:${secret}`).toString('base64').replace(/=+$/, '')];
}

/** Whether the environment's NO_PROXY names the host of the URL. */
function isExcluded(url: URL): boolean {
  const { no_proxy, NO_PROXY = '' } = process.env;
  const entries = (no_proxy ?? NO_PROXY).toLowerCase().split(/[\s,]+/);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return entries.some((entry) => {
    const [, pattern = entry, onlyPort = port] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
    return onlyPort === port && matches(withoutBrackets(pattern), hostOf(url));
  });
}

/** `*`, a range or a single IP address, a domain with its subdomains, or `*.domain` for the subdomains alone. */
function matches(pattern: string, host: string): boolean {
  const [address = '', prefix] = pattern.split('/');
  if (isIP(address) !== 0) return isIP(host) !== 0 && isInRange(host, address, prefix);
  const domain = pattern.replace(/^\*?\./, '').replace(/\.$/, '');
  if (domain === '') return false;
  return pattern === '*' || (host === domain && !pattern.startsWith('*')) || host.endsWith(`.${domain}`);
}

/** A prefix that is none (`/99`, `/x`) matches nothing. */
function isInRange(host: string, address: string, prefix: string | undefined): boolean {
  const bits = isIP(address) === 4 ? 32 : 128;
  const length = Number(prefix ?? bits);
  if (prefix === '' || !Number.isInteger(length) || length < 0 || length > bits) return false;
  const range = new BlockList();
  range.addSubnet(address, length, family(address));
  return range.check(host, family(host));
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}

/** The URL has it in lower case. */
function hostOf({ hostname }: URL): string {
  return withoutBrackets(hostname).replace(/(.)\.$/, '$1');
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** No connection to the proxy at `host` came about; its cause says why. What happens behind a proxy is not meant. */
export class ProxyError extends Error {
  /** With the port, without credentials. */
  readonly host: string;

  constructor(host: string, cause: Error) {
    super(`no connection to the proxy ${host}`, { cause });
    this.name = 'ProxyError';
    this.host = host;
  }
}
