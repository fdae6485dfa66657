import { hideSecrets } from '../transport/secrets.ts';
import type { Target } from './step.ts';

/** Shorter ones are no keys, and would be found everywhere. */
const shortestKey = 8;

/**
 * Hides in what others say what the client and the token endpoint do not know to hide: what only a proxy is sent, and
 * the query of a token URL.
 */
export function hideRest({ config: { transport, authentication } }: Target): (text: string) => string {
  const { HTTPS_PROXY, https_proxy, HTTP_PROXY, http_proxy } = process.env;
  const proxies = [transport.proxyUrl?.open(), HTTPS_PROXY, https_proxy, HTTP_PROXY, http_proxy];
  const query =
    authentication.method === 'oauth2' && 'tokenUrl' in authentication.endpoint
      ? authentication.endpoint.tokenUrl
      : undefined;
  const secrets = [...proxies.flatMap(credentialsIn), ...(query ? keysIn(query) : [])];
  return (text) => hideSecrets(text, secrets);
}

/** As undici sends them (RFC 7617), and as they are. */
function credentialsIn(proxy: string | undefined): readonly string[] {
  const url = URL.parse(proxy ?? '');
  if (url === null || (url.username === '' && url.password === '')) return [];
  const [username, password] = [url.username, url.password].map(decodeURIComponent);
  return [`${password}`, Buffer.from(`${username}:${password}`).toString('base64')];
}

function keysIn({ search, searchParams }: URL): readonly string[] {
  return [search.slice(1), ...[...searchParams.values()].filter((value) => value.length >= shortestKey)];
}
