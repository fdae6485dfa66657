import { type Agent, EnvHttpProxyAgent, request } from 'undici';
import type { Endpoint } from './endpoint.ts';
import type { Target } from './step.ts';

/** Why a direct connection would prove nothing, or undefined where requests to the URL go directly. */
export async function proxyBefore({ url, transport }: Endpoint, { origin }: Target): Promise<string | undefined> {
  if (transport.proxyUrl !== undefined) return `requests go through the proxy of ${origin.name('proxy_url')}`;
  return (await isDirect(url)) ? undefined : 'requests go through the proxy of HTTPS_PROXY or HTTP_PROXY';
}

/**
 * Asks undici's own agent, which knows the rules of NO_PROXY: for a direct request it makes a client with the
 * connector it was given, for others with one that goes to the proxy. Neither client ever comes to be.
 */
async function isDirect(url: URL): Promise<boolean> {
  let isOwnConnector = false;
  const connect: NonNullable<Agent.Options['connect']> = () => {};
  const agent = new EnvHttpProxyAgent({
    connect,
    factory: (_origin, options) => {
      isOwnConnector ||= 'connect' in options && options.connect === connect;
      throw new Error('seen enough');
    },
  });
  await request(url, { dispatcher: agent }).catch(() => {});
  await agent.destroy();
  return isOwnConnector;
}
