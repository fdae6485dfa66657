import { type Dispatcher, request } from 'undici';
import { jsonObject } from '../auth/exchange.ts';

/**
 * The same URL with `/auth` before `/realms`, or without it, where the realm is found only there: Keycloak has it until
 * version 17, and later where it is so configured. Asks for the realm's discovery document, without credentials.
 */
export async function urlOfRealm(url: URL, dispatcher: Dispatcher, signal: AbortSignal): Promise<URL | undefined> {
  const other = new URL(url);
  other.pathname = url.pathname.includes('/auth/realms/')
    ? url.pathname.replace('/auth/realms/', '/realms/')
    : url.pathname.replace('/realms/', '/auth/realms/');
  const hasRealm = async (candidate: URL) => {
    const realm = /^.*?\/realms\/[^/]+/.exec(candidate.pathname)?.[0] ?? '';
    try {
      const response = await request(new URL(`${realm}/.well-known/openid-configuration`, candidate.origin), {
        dispatcher,
        signal,
      });
      return jsonObject(await response.body.text())?.issuer !== undefined && response.statusCode === 200;
    } catch {
      return false;
    }
  };
  return !(await hasRealm(url)) && (await hasRealm(other)) ? other : undefined;
}
