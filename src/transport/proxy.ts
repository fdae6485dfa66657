import type { TransportConfig } from '../config/config.ts';

/** What a proxy is sent and nobody may see: as it is sent (RFC 7617), and the password. It may be the environment's. */
export function proxyCredentials({ proxyUrl }: TransportConfig): readonly string[] {
  const { https_proxy, HTTPS_PROXY, http_proxy, HTTP_PROXY } = process.env;
  return proxyUrl === undefined
    ? [https_proxy ?? HTTPS_PROXY, http_proxy ?? HTTP_PROXY].flatMap(credentialsIn)
    : credentialsIn(proxyUrl.open());
}

/** Whatever a proxy's URL may be was checked with the configuration. */
function credentialsIn(proxy: string | undefined): readonly string[] {
  const url = URL.parse(proxy ?? '');
  if (url === null || (url.username === '' && url.password === '')) return [];
  const [username = '', password = ''] = [url.username, url.password].map(decodeURIComponent);
  return [password, Buffer.from(`${username}:${password}`).toString('base64').replace(/=+$/, '')];
}
